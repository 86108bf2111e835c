/** Nothing is lost and nothing comes twice, from the script to the journal of the real gateway, which is down for a while. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Browser, BrowserContext } from "playwright-core";
import type {} from "../tracker-js/api.ts"; // window.tr
import { launchBrowser } from "./browser.ts";
import { type GatewayOptions, startGateway } from "./gateway.ts";
import { storedEvents } from "./stored.ts";

// TRACK_RUNS=100 TRACK_DOWN_SECONDS=60 is the long form, of some minutes.
const runs = Number(process.env["TRACK_RUNS"] ?? 4);
const downMs = 1000 * Number(process.env["TRACK_DOWN_SECONDS"] ?? 0);
const burst = 30;

let browser: Browser;
let data: string;
before(async () => {
  browser = await launchBrowser();
  data = mkdtempSync(join(tmpdir(), "turnpike-delivery-"));
});
after(async () => {
  await browser?.close();
  rmSync(data, { recursive: true, force: true });
});

const options = (ports?: GatewayOptions["ports"]): GatewayOptions => ({ data, ...(ports && { ports }) });
const fire = (name: string, then = "") =>
  `for (let i = 0; i < ${burst}; i++) tr("${name}", { i, filler: "x".repeat(3000) }); ${then}`;

/** How many of the bursts are stored: all rows, and different ones. */
const counted = (prefix: string): readonly [rows: number, different: number] => {
  const names = storedEvents(data)
    .filter(({ name }) => name.startsWith(prefix))
    .map(({ name, properties }) => `${name} ${properties?.["i"]}`);
  return [names.length, new Set(names).size];
};

/** The next visit; answers how many events are left undelivered at its end. */
const visitOnce = async (context: BrowserContext, url: string): Promise<number> => {
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction("window.tr?.flush");
  await page.evaluate("tr.flush()");
  const left = await page.evaluate(() => localStorage.length);
  await page.close();
  return left;
};

/** Every second leaves for another page of the site, the others close the tab. */
const burstAndLeave = async (context: BrowserContext, url: string, run: number): Promise<void> => {
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction("window.tr?.flush");
  await page.evaluate(fire(`run${run}.`, run % 2 ? "" : `location.href = "/pricing/"`));
  if (run % 2 === 0) await page.waitForURL("**/pricing/");
  await page.close();
};

test(`${runs} bursts before a navigation or a closed tab, and one into a standstill: the next visit delivers them, each event once`, async () => {
  const context = await browser.newContext();
  const first = await startGateway(options());
  const { ports, url } = first;
  try {
    for (let run = 0; run < runs; run++) {
      await burstAndLeave(context, url, run);
      assert.equal(await visitOnce(context, url), 0, `left by run ${run}`);
      assert.deepEqual(counted(`run${run}.`), [burst, burst], `stored of run ${run}`);
    }
    assert.deepEqual(counted("run"), [runs * burst, runs * burst]);

    const open = await context.newPage();
    await open.goto(url);
    await open.waitForFunction("window.tr?.flush");
    await first.close();
    await open.evaluate(fire("down", "void tr.flush()"));
    await open.waitForFunction((least) => localStorage.length >= least, burst);
    await pause(downMs);
    await open.close();
    // The page's own port alone: the others may have been taken meanwhile by the tests beside this one.
    const second = await startGateway(options({ http: ports.http, admin: 0 }));
    try {
      assert.equal(await visitOnce(context, url), 0);
      assert.deepEqual(counted("run"), [runs * burst, runs * burst]);
      assert.deepEqual(counted("down"), [burst, burst]);
    } finally {
      await second.close();
    }
  } finally {
    await context.close();
    await first.close();
  }
});
