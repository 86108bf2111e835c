/** Nothing is lost: bursts that are followed at once by a navigation or a closed tab, and a gateway that is down. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import type {} from "../tracker-js/api.ts"; // window.tr
import { launchBrowser } from "./browser.ts";
import { bundleScript } from "./tracker-script.ts";
import { startTrackerSite } from "./tracker-site.ts";
import { waitFor } from "./wait-for.ts";

// TRACK_RUNS=100 takes some minutes.
const runs = Number(process.env["TRACK_RUNS"] ?? 6);
const burst = 30;

let browser: Browser;
let script: Uint8Array;
before(async () => {
  browser = await launchBrowser();
  script = await bundleScript("index");
});
after(() => browser.close());

const page = `<!doctype html><title>Shop</title><script src="/track.js"></script>`;
const say = (run: number, then: string) =>
  `for (let i = 0; i < ${burst}; i++) tr("run${run}", { i, filler: "x".repeat(3000) }); ${then}`;

test(`${burst} events of 3 KB before a navigation or a closed tab, ${runs} runs: all are there after the next visit`, async () => {
  const site = await startTrackerSite(script, page);
  const context = await browser.newContext();
  try {
    for (let run = 0; run < runs; run++) {
      const tab = await context.newPage();
      await tab.goto(`http://localhost:${site.port}/start`);
      if (run % 2 === 0) {
        await tab.evaluate(say(run, `location.href = "/next"`));
        await tab.waitForURL("**/next");
      } else await tab.evaluate(say(run, ""));
      await tab.close();
    }
    const tab = await context.newPage();
    await tab.goto(`http://localhost:${site.port}/last`);
    const count = () => site.taken().filter(({ ename }) => ename?.startsWith("run")).length;
    await waitFor(() => count() === runs * burst, `${runs * burst} events, got ${count()}`);
  } finally {
    await context.close();
    await site.close();
  }
});

test("while the gateway is down events are kept over pages, and all are taken once it is back", async () => {
  const site = await startTrackerSite(script, page);
  const context = await browser.newContext();
  try {
    const tab = await context.newPage();
    let isDown = true;
    await tab.route("**/tr/v1/**", (route) => (isDown ? route.abort("connectionrefused") : route.continue()));
    for (const path of ["/a", "/b", "/c"]) {
      await tab.goto(`http://localhost:${site.port}${path}`);
      await tab.evaluate(say(0, ""));
      // To its end: what a page sends while it is left passes by the route.
      await tab.evaluate("tr.flush()");
    }
    await tab.waitForFunction((least) => localStorage.length >= least, burst * 2);
    assert.equal(site.posts.length, 0);
    isDown = false;
    await tab.goto(`http://localhost:${site.port}/d`);
    await waitFor(() => site.taken().length === 3 * burst + 4, "all events and views");
  } finally {
    await context.close();
    await site.close();
  }
});

test("what is kept is forgotten in this browser when its visitor opts out, and stays when nobody does", async () => {
  const site = await startTrackerSite(script, page);
  const context = await browser.newContext();
  try {
    const tab = await context.newPage();
    await tab.route("**/tr/v1/**", (route) => route.abort("connectionrefused"));
    const kept = () =>
      tab.evaluate<number>(
        "Object.keys(localStorage).filter((key) => /^tp_q.*(before|other)/.test(key)).length",
      );
    await tab.goto(`http://localhost:${site.port}/a`);
    await tab.evaluate(`localStorage.own = "stays"; tr("before"); tr("other"); tr.flush()`);
    assert.equal(await kept(), 2);
    await tab.evaluate("tr.optout(false)");
    assert.equal(await kept(), 2);
    await tab.evaluate("tr.optout()");
    assert.equal(await kept(), 0);
    assert.equal(await tab.evaluate("localStorage.own"), "stays");
    await tab.close();
    const later = await context.newPage();
    await later.goto(`http://localhost:${site.port}/b`);
    await later.evaluate(`tr("after"); tr.flush()`);
    const names = site.taken().map(({ ename }) => ename);
    assert.ok(names.includes("after") && !names.includes("before"), names.join());
  } finally {
    await context.close();
    await site.close();
  }
});
