/** Web vitals: measured by a script of their own after the page has loaded, and told when it is left. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import type { Event } from "../gateway/model/event.ts";
import type {} from "../tracker-js/api.ts"; // window.tr
import { launchBrowser } from "./browser.ts";
import { type PrivateSites, startPrivateSites } from "./private-sites.ts";
import { storedNamed } from "./stored.ts";
import { waitFor } from "./wait-for.ts";

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

const metricsOf = (vitals: readonly Event[]): string =>
  vitals
    .map(({ properties }) => String(properties?.["metric"]))
    .sort()
    .join(" ");

test("what a page felt like arrives with its visitor when it is left, and is loaded after the page", async () => {
  const page = await (await browser.newContext()).newPage();
  await page.goto(sites.dropIn("full", "track.full data-vitals"));
  await page.waitForFunction("window.tr?.flush");
  await waitFor(
    () => metricsOf(storedNamed(sites.gateway.data, "web_vital")).includes("FCP"),
    "the first paint",
  );
  const wasLoaded = await page.evaluate(() => {
    const [page] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
    const vitals = performance.getEntriesByType("resource").find(({ name }) => name.includes("vitals"));
    return page && vitals && vitals.startTime >= page.loadEventStart;
  });
  assert.equal(wasLoaded, true);
  await page.evaluate(`(() => {
    const box = document.createElement("div");
    box.style.height = "300px";
    document.body.prepend(box);
    document.body.append(Object.assign(document.createElement("button"), { id: "b", textContent: "press" }));
    document.querySelector("#b").onclick = () => { const end = performance.now() + 60; while (performance.now() < end); };
  })()`);
  await page.click("#b");
  // The browser tells of an interaction once it has painted what came of it.
  await page.waitForFunction(() => performance.getEntriesByType("first-input").length > 0);
  // And the measuring reads it when the page is idle.
  await page.evaluate(
    "new Promise((done) => requestIdleCallback(() => setTimeout(() => done()), { timeout: 2000 }))",
  );
  await page.goto(sites.dropIn("full", "track.full"));
  await page.waitForFunction("window.tr?.flush");
  const all = "CLS FCP INP LCP TTFB";
  const stored = () => storedNamed(sites.gateway.data, "web_vital");
  await waitFor(() => metricsOf(stored()) === all, `${all}, got ${metricsOf(stored())}`);
  const vid = (await page.context().cookies()).find(({ name }) => name === "vid")?.value;
  for (const { client_id, properties } of stored()) {
    assert.equal(client_id, vid);
    assert.equal(typeof properties?.["amount"], "number");
    assert.match(String(properties?.["rating"]), /^(good|needs-improvement|poor)$/);
  }
  await page.context().close();
});

test("without the attribute nothing is loaded for it", async () => {
  const page = await (await browser.newContext()).newPage();
  const urls: string[] = [];
  page.on("request", (request) => urls.push(request.url()));
  await page.goto(sites.dropIn("full", "track.full"), { waitUntil: "networkidle" });
  assert.ok(!urls.some((url) => url.includes("vitals")));
  await page.context().close();
});
