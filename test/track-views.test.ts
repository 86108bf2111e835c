/** Page views, pattern by pattern: what counts as seeing a page, and what does not. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import type {} from "../tracker-js/api.ts"; // window.tr
import { launchBrowser } from "./browser.ts";
import { bundleScript } from "./tracker-script.ts";
import { startTrackerSite } from "./tracker-site.ts";

const push = (url: string) => `history.pushState(null, "", "${url}")`;
const replace = (url: string) => `history.replaceState(null, "", "${url}")`;
/** After a view was told: what is left within 100 ms counts as a redirect. */
const settledMs = 120;
const later = (code: string, ms = settledMs) =>
  `await new Promise((done) => setTimeout(() => { ${code}; done() }, ${ms}))`;
const travel = (code: string) =>
  `await new Promise((done) => { addEventListener("popstate", () => setTimeout(done, ${settledMs}), { once: true }); ${code} })`;
const routed = `navigation.addEventListener("navigate", (event) => event.intercept())`;
const event = (type: string, target = "window") => `${target}.dispatchEvent(new Event("${type}"))`;
const shown = (persisted: boolean) =>
  `dispatchEvent(new PageTransitionEvent("pageshow", { persisted: ${persisted} }))`;

interface Pattern {
  readonly name: string;
  /** runs on `/start`, whose own view is not counted */
  readonly code: string;
  /** the paths of the views it makes */
  readonly views: readonly string[];
  readonly tag?: string;
}

const patterns: readonly Pattern[] = [
  { name: "nothing", code: "", views: [] },
  { name: "a push to another path", code: push("/a"), views: ["/a"] },
  { name: "a push to the same path", code: push("/start"), views: [] },
  { name: "the same path pushed twice", code: `${push("/a")}; ${later(push("/a"))}`, views: ["/a"] },
  { name: "a push to another query", code: push("/start?page=2"), views: ["/start"] },
  { name: "a push of the same query", code: `${push("/a?x=1")}; ${later(push("/a?x=1"))}`, views: ["/a"] },
  { name: "a push to a relative path", code: push("b"), views: ["/b"] },
  {
    name: "a push to a whole address",
    code: `history.pushState(null, "", location.origin + "/a")`,
    views: ["/a"],
  },
  { name: "a push without an address", code: `history.pushState({ n: 1 }, "")`, views: [] },
  { name: "a push of a fragment", code: push("#part"), views: [] },
  { name: "a replace to another path", code: replace("/a"), views: ["/a"] },
  { name: "a replace of the state alone", code: `history.replaceState({ n: 1 }, "")`, views: [] },
  { name: "a replace to the same path", code: replace("/start"), views: [] },
  { name: "a redirect: push, then replace", code: `${push("/a")}; ${replace("/b")}`, views: ["/b"] },
  {
    name: "a redirect: replace, then push to one address",
    code: `${replace("/a")}; ${push("/a")}`,
    views: ["/a"],
  },
  {
    name: "a redirect in a promise",
    code: `${push("/a")}; await Promise.resolve(); ${replace("/b")}`,
    views: ["/b"],
  },
  { name: "a redirect that comes home", code: `${push("/a")}; ${replace("/start")}`, views: [] },
  {
    name: "a redirect after the page was rendered",
    code: `${push("/a")}; ${later(replace("/b"), 20)}`,
    views: ["/b"],
  },
  {
    name: "two pushes, one after the other",
    code: `${later(push("/a"))}; ${later(push("/b"))}`,
    views: ["/a", "/b"],
  },
  {
    name: "there and back by pushes",
    code: `${push("/a")}; ${later(push("/start"))}`,
    views: ["/a", "/start"],
  },
  { name: "back", code: `${push("/a")}; ${later("")}; ${travel("history.back()")}`, views: ["/a", "/start"] },
  {
    name: "back and forward",
    code: `${push("/a")}; ${later("")}; ${travel("history.back()")}; ${travel("history.forward()")}`,
    views: ["/a", "/start", "/a"],
  },
  {
    name: "two steps at once",
    code: `${push("/a")}; ${later(push("/b"))}; ${later("")}; ${travel("history.go(-2)")}`,
    views: ["/a", "/b", "/start"],
  },
  { name: "back over a fragment", code: `${push("#a")}; ${travel("history.back()")}`, views: [] },
  { name: "a fragment set by hand", code: `location.hash = "part"; ${later("")}`, views: [] },
  {
    name: "a click on a fragment link",
    code: `document.querySelector("#part-link").click(); ${later("")}`,
    views: [],
  },
  {
    name: "a click that a router takes",
    code: `document.querySelector("#routed").click()`,
    views: ["/routed"],
  },
  {
    name: "a fragment that is a page",
    code: `location.hash = "#/cart"; ${later("")}`,
    views: ["/start#/cart"],
    tag: "data-hash",
  },
  {
    name: "a pushed fragment that is a page",
    code: push("#/cart"),
    views: ["/start#/cart"],
    tag: "data-hash",
  },
  {
    name: "the same fragment again",
    code: `${push("#/a")}; ${later(push("#/a"))}`,
    views: ["/start#/a"],
    tag: "data-hash",
  },
  { name: "the back/forward cache", code: shown(true), views: ["/start"] },
  { name: "a page that is shown for the first time", code: shown(false), views: [] },
  { name: "a tab in the background", code: event("visibilitychange", "document"), views: [] },
  { name: "focus and blur", code: `${event("blur")}; ${event("focus")}`, views: [] },
  { name: "a popstate that changes nothing", code: event("popstate"), views: [] },
  { name: "a push and leaving at once", code: `${push("/a")}; ${event("pagehide")}`, views: ["/a"] },
  { name: "a push and an event at once", code: `${push("/a")}; tr("bought")`, views: ["/a"] },
  {
    name: "a push past our wrapper",
    code: `History.prototype.pushState.call(history, 0, "", "/a"); tr("x")`,
    views: ["/a"],
  },
  {
    name: "a wrapper of the page around ours",
    code: `const ours = history.pushState; history.pushState = function () { return ours.apply(this, arguments) }; ${push("/a")}`,
    views: ["/a"],
  },
  {
    name: "a view that the page tells itself",
    code: `tr.page({ url: location.origin + "/virtual" })`,
    views: ["/virtual"],
  },
  {
    name: "a push that the page tells itself as well",
    code: `${push("/a")}; tr.page({ title: "A" })`,
    views: ["/a"],
  },
  {
    name: "a push that is refused",
    code: `try { history.pushState(null, "", "https://other.example/") } catch {}`,
    views: [],
  },
  {
    name: "a router of the Navigation API alone",
    code: `${routed}; await navigation.navigate("/a").finished; ${later("")}; await navigation.navigate("/b").finished`,
    views: ["/a", "/b"],
  },
  {
    name: "back in a router of the Navigation API",
    code: `${routed}; await navigation.navigate("/a").finished; ${later("")}; await navigation.back().finished`,
    views: ["/a", "/start"],
  },
  {
    name: "a redirect in a router of the Navigation API",
    code: `${routed}; await navigation.navigate("/a").finished; await navigation.navigate("/b", { history: "replace" }).finished`,
    views: ["/b"],
  },
  {
    name: "a state that the Navigation API changes",
    code: `navigation.updateCurrentEntry({ state: 1 }); ${later("")}`,
    views: [],
  },
  { name: "a title that changes", code: `document.title = "Another"`, views: [] },
];

let browser: Browser;
let script: Uint8Array;
before(async () => {
  browser = await launchBrowser();
  script = await bundleScript("index");
});
after(() => browser.close());

const body = `<a id="part-link" href="#part">part</a>
  <a id="routed" href="/routed" onclick="event.preventDefault(); history.pushState(null, '', this.href)">routed</a>`;

/** The views of a pattern after that of the page itself, as path and fragment. */
const viewsOf = async (page: Page, { code, tag = "" }: Pattern): Promise<string[]> => {
  const head = `<script src="/track.js" ${tag}></script>`;
  const site = await startTrackerSite(script, `<!doctype html><title>Shop</title>${head}${body}`);
  try {
    await page.goto(`http://localhost:${site.port}/start`);
    await site.waitFor(1);
    await page.evaluate(
      `(async () => { ${code}; await new Promise((done) => setTimeout(done, ${settledMs})); await tr.flush() })()`,
    );
    await page.evaluate("window.tr.flush()");
    const views = site.taken().filter(({ ename }) => ename === "page_view");
    return views.slice(1).map(({ url = "" }) => url.replace(/^https?:\/\/[^/]*/, "").replace(/\?.*/, ""));
  } finally {
    await site.close();
  }
};

test(`${patterns.length} patterns of navigation are each as many page views as pages were seen`, async (t) => {
  assert.ok(patterns.length >= 40);
  const page = await browser.newPage();
  const errors: Error[] = [];
  page.on("pageerror", (error) => errors.push(error));
  for (const pattern of patterns) {
    await t.test(pattern.name, async () => {
      // Every pattern has a site of its own, and with it another origin.
      assert.deepEqual(await viewsOf(page, pattern), pattern.views);
      assert.deepEqual(errors, []);
    });
  }
});

test("a page that comes back from the back/forward cache does not say that it came from itself", async () => {
  const page = await browser.newPage();
  const site = await startTrackerSite(script, `<!doctype html><script src="/track.js"></script>`);
  try {
    await page.goto(`http://localhost:${site.port}/first`);
    await page.goto(`http://localhost:${site.port}/start`, {
      referer: `http://localhost:${site.port}/first`,
    });
    await site.waitFor(2);
    await page.evaluate(shown(true));
    await site.waitFor(3);
    const lasts = site.taken().map(({ last = "" }) => last.replace(/^https?:\/\/[^/]*/, ""));
    assert.deepEqual(lasts, ["", "/first", ""]);
  } finally {
    await site.close();
    await page.close();
  }
});

test("a browser without the Navigation API, in which the script ends early, counts as others do", async () => {
  const page = await browser.newPage();
  const errors: Error[] = [];
  page.on("pageerror", (error) => errors.push(error));
  await page.addInitScript("delete window.navigation");
  const code = `${push("/a")}; ${later("")}; ${travel("history.back()")}; tr("bought")`;
  try {
    assert.deepEqual(await viewsOf(page, { name: "", code, views: [] }), ["/a", "/start"]);
    assert.equal(await page.evaluate("typeof navigation"), "undefined");
    assert.deepEqual(errors, []);
  } finally {
    await page.close();
  }
});
