/** What one side alone sees: a real browser in which the script cannot be loaded. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import type { Overview, PageLoadSummary, PageLoadsOfDay } from "../gateway/model/admin.ts";
import { newId } from "../gateway/model/ids.ts";
import { ask } from "./ask.ts";
import { launchBrowser } from "./browser.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { settle, storedNamed } from "./stored.ts";
import { waitFor } from "./wait-for.ts";

let browser: Browser;
let gateway: Gateway;
before(async () => {
  [browser, gateway] = await Promise.all([launchBrowser(), startGateway()]);
});
after(async () => {
  await browser?.close();
  await gateway?.close();
});

interface Answer {
  readonly summary: PageLoadSummary | null;
  readonly days: readonly PageLoadsOfDay[];
}

/** `settle` 0 misses every document that has no page view by now. */
const pageLoads = async (settleSeconds: number): Promise<Answer> => {
  await settle(gateway.data);
  const answer = await gateway.admin(`/api/page-loads?days=2&settle=${settleSeconds}`);
  assert.equal(answer.status, 200);
  return (await answer.json()) as Answer;
};

/** Both, document only, view only, other views: of all days, as midnight may pass meanwhile. */
const sums = (days: readonly PageLoadsOfDay[]): readonly number[] =>
  (["both", "documentOnly", "viewOnly", "otherViews"] as const).map((name) =>
    days.reduce((sum, day) => sum + day[name], 0),
  );

/** Opens pages as a visitor of his own. */
const visit = async (paths: readonly string[], { blocked }: { readonly blocked: boolean }): Promise<void> => {
  const context = await browser.newContext();
  const page = await context.newPage();
  if (blocked) await page.route(/track[^/]*\.js/, (route) => route.abort());
  for (const path of paths) {
    const documents = storedNamed(gateway.data, "document").length;
    const views = storedNamed(gateway.data, "page_view").length;
    await page.goto(gateway.url + path, { waitUntil: "load" });
    await waitFor(() => storedNamed(gateway.data, "document").length > documents, "the document");
    if (!blocked) await waitFor(() => storedNamed(gateway.data, "page_view").length > views, "the page view");
  }
  await context.close();
};

test("before anybody was here there is nothing to say", async () => {
  assert.deepEqual(await pageLoads(0), { summary: null, days: [] });
});

test("pages on which the script was blocked are the loss, by day and site, in one sentence", async () => {
  await visit(["/", "/pricing/", "/checkout/"], { blocked: false });
  await visit(["/"], { blocked: true });
  const { summary, days } = await pageLoads(0);
  assert.deepEqual(sums(days), [3, 1, 0, 0]);
  for (const { site, day } of days) assert.deepEqual([site, /^\d{4}-\d\d-\d\d$/.test(day)], ["main", true]);
  assert.equal(summary?.share, 0.25);
  assert.equal(
    summary?.sentence,
    "In the last 2 days, 25 % of 4 page loads by people (1) were served and never reported by the script: blocked, or left before it ran.",
  );
});

test("a document is not missed before its page view had the time to come", async () => {
  const { summary, days } = await pageLoads(86_400);
  assert.deepEqual(sums(days), [3, 0, 0, 0]);
  assert.match(
    summary?.sentence ?? "",
    /^In the last 2 days, the script reported all 3 page loads by people/,
  );
  const overview = (await (await gateway.admin("/api/overview")).json()) as Overview;
  assert.equal(overview.pageLoads?.days, 7);
});

test("a page view whose document is not on record is the other side's loss, and bots are nobody's", async () => {
  const view = (plid: string | undefined) => JSON.stringify({ type: "page", ename: "page_view", plid });
  for (const plid of [newId(), undefined])
    assert.equal((await ask(`${gateway.url}/tr/v1/`, { method: "POST", body: view(plid) })).status, 200);
  await ask(`${gateway.url}/pricing/`, { headers: { "user-agent": "Googlebot/2.1" } });
  const { days } = await pageLoads(0);
  assert.deepEqual(sums(days), [3, 1, 1, 1]);
});

test("only whoever may read gets the figures", async () => {
  assert.equal((await ask(`${gateway.adminUrl}/api/page-loads`)).status, 401);
});
