/** The calls of a page before the script has loaded, and the one after which it observes nothing. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import type {} from "../tracker-js/api.ts"; // window.tr
import { launchBrowser } from "./browser.ts";
import { type TrackerPage, visitTrackerPage } from "./tracker-page.ts";
import { bundleScript } from "./tracker-script.ts";
import type { TrackerSite } from "./tracker-site.ts";
import { snippet } from "./tracker-snippet.ts";

let browser: Browser;
const scripts = new Map<string, Uint8Array>();
before(async () => {
  browser = await launchBrowser();
  for (const name of ["index", "full", "legacy"] as const) scripts.set(name, await bundleScript(name));
});
after(() => browser.close());

interface Setting extends Omit<TrackerPage, "script"> {
  readonly script?: string;
}

const visit = ({ script = "index", ...page }: Setting, run: Parameters<typeof visitTrackerPage>[2]) =>
  visitTrackerPage(browser, { ...page, script: scripts.get(script) }, run);

/** What the gateway calls them: by their type where they have no name. */
const namesOf = (site: TrackerSite) => site.taken().map(({ ename, type }) => ename ?? type);
const early = `tr("one", { a: 1 }); tr.outcome("purchase", { value: 5 }); tr.identify("u-1"); tr.page({ title: "Mine" })`;

for (const script of ["index", "full", "legacy"]) {
  test(`${script}: calls made before it has loaded are all made then, in order`, () =>
    visit({ script, head: `<script>${snippet};${early}</script>` }, async (page, site) => {
      await page.evaluate("tr.flush()");
      assert.deepEqual(namesOf(site), ["page_view", "one", "purchase", "identify", "page_view"]);
      const [, one, purchase, identify, view] = site.taken();
      assert.deepEqual([one?.params, purchase?.params, identify?.uid], [{ a: 1 }, { value: 5 }, "u-1"]);
      assert.equal(view?.title, "Mine");
    }));

  test(`${script} leaves nothing in the page but its own names`, async () => {
    const known = script === "legacy" ? ["tr", "track"] : ["tr"];
    const list = "Object.getOwnPropertyNames(window)";
    await visit({ script, head: `<script>window.before = ${list}</script>` }, async (page) => {
      const added = `${list}.filter((name) => !before.includes(name) && name !== "before").sort()`;
      assert.deepEqual(await page.evaluate(added), known);
    });
  });
}

test("a consent that was given before it had loaded counts", () =>
  visit(
    {
      head: `<script>${snippet};tr.consent({ analytics: true })</script>`,
      attributes: "data-consent=required",
    },
    async (_page, site) => {
      assert.deepEqual(
        (await site.waitFor(1)).map(({ ename }) => ename),
        ["page_view"],
      );
    },
  ));

test("the line of earlier versions, which kept arguments, still works", () =>
  visit(
    {
      head: `<script>window.tr = window.tr || function () { (tr.q = tr.q || []).push(arguments) }; tr("old", { a: 1 })</script>`,
    },
    async (page, site) => {
      await page.evaluate("tr.flush()");
      assert.deepEqual(namesOf(site), ["page_view", "old"]);
    },
  ));

test("after tr.stop() History is the browser's own, and nothing is observed or sent", () =>
  visit({ script: "full" }, async (page, site) => {
    await site.waitFor(1);
    assert.equal(await page.evaluate("history.pushState === History.prototype.pushState"), false);
    await page.evaluate(`(() => { tr("last"); tr.stop() })()`);
    const own = `["pushState", "replaceState"].every((name) => history[name] === History.prototype[name])`;
    assert.equal(await page.evaluate(own), true);
    await page.evaluate(`(async () => {
      history.pushState(null, "", "/next");
      tr("late");
      tr.page();
      dispatchEvent(new PageTransitionEvent("pagehide"));
      await new Promise((done) => setTimeout(done, 150));
      await tr.flush();
    })()`);
    assert.deepEqual(namesOf(site), ["page_view", "last"], "what was recorded before is still sent");
  }));

test("tr.stop() leaves a wrapper in place that somebody has put over ours, and that one works", () =>
  visit({}, async (page, site) => {
    await site.waitFor(1);
    const seen = await page.evaluate(`(() => {
      let calls = 0;
      const ours = history.pushState;
      const theirs = history.pushState = function (...args) { calls++; return ours.apply(this, args) };
      tr.stop();
      history.pushState(null, "", "/next");
      return [history.pushState === theirs, calls, location.pathname];
    })()`);
    assert.deepEqual(seen, [true, 1, "/next"]);
    await page.evaluate("tr.flush()");
    assert.deepEqual(namesOf(site), ["page_view"]);
  }));
