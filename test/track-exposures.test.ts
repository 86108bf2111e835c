/** A page that only includes the script: the variants it asks for are exposures, as those of a document are. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import type { Event } from "../gateway/model/event.ts";
import { newId } from "../gateway/model/ids.ts";
import type {} from "../tracker-js/api.ts"; // window.tr
import { ask } from "./ask.ts";
import { launchBrowser } from "./browser.ts";
import { personAgent } from "./gateway.ts";
import { type PrivateSites, startPrivateSites } from "./private-sites.ts";
import { queryData, settle, storedEvents } from "./stored.ts";

let browser: Browser;
let sites: PrivateSites;
before(async () => {
  browser = await launchBrowser();
  sites = await startPrivateSites();
});
after(async () => {
  await browser?.close();
  await sites?.close();
});

const exposuresOf = (visitor: string | undefined): readonly Event[] =>
  storedEvents(sites.gateway.data).filter(
    ({ type, client_id }) => type === "exposure" && client_id === visitor,
  );

const visitorIn = async (page: Page): Promise<string | undefined> =>
  (await page.context().cookies()).find(({ name }) => name === "vid")?.value;

test("a visitor of such a page is exposed once a visit, and counts in the results", async () => {
  const page = await (await browser.newContext()).newPage();
  await page.goto(sites.dropIn("assumed"));
  await page.waitForFunction(`window.tr?.variant("headline-assumed") === "b"`);
  await page.evaluate(`(async () => { tr.outcome("purchase", { value: 20 }); await tr.flush() })()`);
  await page.reload();
  await page.waitForFunction(`window.tr?.variant("headline-assumed") === "b"`);
  await page.evaluate("tr.flush()");
  const [exposure, ...more] = exposuresOf(await visitorIn(page));
  assert.equal(more.length, 0);
  assert.deepEqual(
    [exposure?.experiment_id, exposure?.variation_id, exposure?.experiments, exposure?.page_load_id ?? null],
    ["headline-assumed", "b", { "headline-assumed": "b" }, null],
  );
  assert.ok(exposure?.page_location?.startsWith("http://assumed-elsewhere.localhost:"));
  await settle(sites.gateway.data);
  const [row] = queryData(
    sites.gateway.data,
    `SELECT sum(exposed) AS exposed, sum(converted) AS converted FROM experiment_outcomes WHERE experiment = 'headline-assumed' AND goal = 'purchase'`,
  );
  assert.deepEqual([row?.["exposed"], row?.["converted"]], [1, 1]);
  await page.context().close();
});

test("who has opted out by the script is exposed to nothing, forgotten, and not counted until it is taken back", async () => {
  const page = await (await browser.newContext()).newPage();
  await page.goto(sites.dropIn("assumed"));
  await page.waitForFunction("/(^|; )params=/.test(document.cookie)");
  await page.evaluate("tr.optout()");
  await page.waitForFunction(`!/(^|; )vid=/.test(document.cookie)`);
  const cookies = await page.context().cookies();
  assert.deepEqual(
    cookies.map(({ name, value }) => [name, value]),
    [["tp_optout", "1"]],
  );
  const before = storedEvents(sites.gateway.data).filter(({ type }) => type === "exposure").length;
  await page.reload();
  await page.waitForFunction("window.tr?.flush");
  await page.evaluate(`(async () => { tr("out"); await tr.flush() })()`);
  const events = storedEvents(sites.gateway.data);
  assert.equal(events.filter(({ type }) => type === "exposure").length, before);
  assert.equal(events.find(({ name }) => name === "out")?.client_id ?? null, null);
  await page.evaluate("tr.optout(false)");
  await page.reload();
  await page.waitForFunction(`/(^|; )vid=/.test(document.cookie)`);
  await page.context().close();
});

test("nobody is exposed by a question of a bot, of another site's page, without a page, or with a refusal", async () => {
  const question = async (
    headers: Record<string, string>,
    body = "http://assumed-elsewhere.localhost/ ",
    query = "",
  ) => {
    const vid = newId();
    const { status } = await ask(`${sites.gateway.url}/tr/v1/x?vid=${vid}&${query}`, {
      method: "POST",
      body,
      headers: {
        host: "assumed.localhost",
        origin: "http://assumed-elsewhere.localhost",
        "user-agent": personAgent,
        ...headers,
      },
    });
    assert.equal(status, 200);
    return exposuresOf(vid).length;
  };
  assert.equal(await question({}), 1);
  assert.equal(await question({ "user-agent": "Googlebot/2.1" }), 0);
  assert.equal(await question({ origin: "https://evil.example" }), 0);
  assert.equal(await question({}, ""), 0);
  assert.equal(await question({}, "undefined undefined"), 0); // a link is shared before the page has a view
  assert.equal(await question({ "sec-gpc": "1" }), 0);
  assert.equal(await question({}, undefined, "tp_optout=1"), 0);
  assert.equal(await question({}, undefined, "tp_consent=denied"), 0);
});

test("who is named in the form of an old script is exposed as the visitor of his events; what names nobody is nobody", async () => {
  const askAs = async (vid: string) => {
    const headers = {
      host: "assumed.localhost",
      origin: "http://assumed-elsewhere.localhost",
      "user-agent": personAgent,
    };
    const address = `${sites.gateway.url}/tr/v1/`;
    const query = `?vid=${encodeURIComponent(vid)}`;
    const body = "http://assumed-elsewhere.localhost/ ";
    await ask(`${address}x${query}`, { method: "POST", body, headers });
    const event = JSON.stringify({ events: [{ ename: "seen", vid }] });
    await ask(address, { method: "POST", body: event, headers });
    const mine = storedEvents(sites.gateway.data).at(-1);
    assert.equal(mine?.name, "seen");
    return { event: mine.client_id, exposures: exposuresOf(mine.client_id ?? undefined).length };
  };
  const id = newId();
  assert.deepEqual(await askAs(`{${id.replaceAll("-", "").toUpperCase()}}`), { event: id, exposures: 1 });
  assert.deepEqual(await askAs("1234567890.1700000000"), { event: "1234567890.1700000000", exposures: 1 });
  for (const nobody of ["null", "anonymous", "me@shop.example", "a b", "x".repeat(200)]) {
    await askAs(nobody);
    assert.equal(exposuresOf(nobody.slice(0, 128)).length, 0, nobody);
  }
});
