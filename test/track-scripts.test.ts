/** The larger scripts, and pages that make it hard for any of them. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import type { WireEvent } from "../gateway/model/wire.ts";
import type {} from "../tracker-js/api.ts"; // window.tr
import { launchBrowser } from "./browser.ts";
import { type TrackerPage, visitTrackerPage } from "./tracker-page.ts";
import { bundleScript } from "./tracker-script.ts";
import { startTrackerSite, type TrackerSite } from "./tracker-site.ts";
import { waitFor } from "./wait-for.ts";

let browser: Browser;
const scripts = new Map<string, Uint8Array>();
before(async () => {
  browser = await launchBrowser();
  for (const name of ["index", "full", "legacy"] as const) scripts.set(name, await bundleScript(name));
});
after(() => browser.close());

interface Setting extends Omit<TrackerPage, "script"> {
  readonly script: "index" | "full" | "legacy";
}

/** Opens a page with one of the scripts, once its view has come. */
const visit = (setting: Setting, run: (page: Page, site: TrackerSite) => Promise<void>) =>
  visitTrackerPage(browser, { ...setting, script: scripts.get(setting.script) }, async (page, site) => {
    await site.waitFor(1);
    await run(page, site);
  });

const flush = (page: Page) => page.evaluate("window.tr.flush()");
const named = (site: TrackerSite, name: string): WireEvent[] =>
  site.taken().filter(({ ename }) => ename === name);
const paramsOf = (site: TrackerSite, name: string) => named(site, name).map(({ params }) => params);

/** Links that would lead away stay. */
const stay = `<script>addEventListener("click", (e) => e.preventDefault())</script>`;

test("track.full.js tells the device and the page before with the first view", () =>
  visit(
    { script: "full", init: `sessionStorage.tp_last = location.origin + "/earlier"` },
    async (page, site) => {
      const [view] = site.taken();
      assert.deepEqual([view?.w, view?.h, view?.last], [1280, 720, new URL("/earlier", page.url()).href]);
      assert.ok(view?.tz);
      assert.match(view?.sr ?? "", /^\d+x\d+$/);
      assert.equal(named(site, "page_view").length, 1);
    },
  ));

test("a page that takes the campaign out of its address at once is viewed with it, before what it tells at once", () =>
  visit(
    {
      script: "full",
      path: "/start?utm_source=mail",
      init: `sessionStorage.tp_last = location.origin + "/earlier"`,
      body: `<script>history.replaceState(null, "", "/start"); tr("at-once", { a: 1 })</script>`,
    },
    async (page, site) => {
      await flush(page);
      const [view] = site.taken();
      // The address without it is another query, and so another view.
      assert.deepEqual(
        site.taken().map(({ ename }) => ename),
        ["page_view", "page_view", "at-once"],
      );
      assert.equal(new URL(view?.url ?? "").search, "?utm_source=mail");
      assert.deepEqual([view?.last, view?.w], [new URL("/earlier", page.url()).href, 1280]);
    },
  ));

test("a page that is left in the task in which it began is viewed, with the page before", () =>
  visit(
    {
      script: "full",
      init: `sessionStorage.tp_last = location.origin + "/earlier"`,
      body: `<script>dispatchEvent(new PageTransitionEvent("pagehide")); window.kept = Object.keys(localStorage).join()</script>`,
    },
    async (page, site) => {
      const [view] = site.taken();
      assert.deepEqual([view?.ename, view?.last], ["page_view", new URL("/earlier", page.url()).href]);
      assert.match(
        String(await page.evaluate("window.kept")),
        /"ename":"page_view"/,
        "kept before it is sent",
      );
      assert.equal(await page.evaluate("sessionStorage.tp_last"), page.url());
    },
  ));

test("outbound links, downloads and named elements are events, links of the site are none", () =>
  visit(
    {
      script: "full",
      body: `${stay}<a id="out" href="https://other.example/x?token=1&utm_source=a">out</a><a id="in" href="/in">in</a>
        <a id="file" href="/files/plan.pdf">plan</a><button data-tr-event="signup" data-tr-plan="pro"><b id="inner">go</b></button>`,
    },
    async (page, site) => {
      for (const id of ["out", "in", "file", "inner"]) await page.click(`#${id}`);
      await flush(page);
      assert.deepEqual(paramsOf(site, "outbound_click"), [
        { link_url: "https://other.example/x?utm_source=a", link_domain: "other.example" },
      ]);
      assert.deepEqual(
        named(site, "file_download").map(({ params }) => new URL(String(params?.["link_url"])).pathname),
        ["/files/plan.pdf"],
      );
      assert.deepEqual(paramsOf(site, "signup"), [{ plan: "pro" }]);
      assert.equal(named(site, "click").length, 0, "every click only where the tag asks for it");
    },
  ));

/** An element with a shadow root that holds `inside`. */
const shadow = (id: string, inside: string, mode = "open", around = ""): string =>
  `<div id="${id}" ${around}></div><script>${id}.attachShadow({ mode: "${mode}" }).innerHTML = ${JSON.stringify(inside)}</script>`;

test("clicks inside of shadow roots are seen as others are, and what is around them counts too", () =>
  visit(
    {
      script: "full",
      body: `${stay}${shadow("a", `<a id="out" href="https://other.example/x"><b>out</b></a>`)}
        ${shadow("b", `<a id="file" href="/files/plan.pdf">plan</a>`)}
        ${shadow("c", `<button id="named" data-tr-event="signup" data-tr-plan="pro">go</button>`)}
        <a href="https://around.example/">${shadow("d", `<i id="within">within</i>`)}</a>
        ${shadow("e", `<a id="hidden" href="https://closed.example/">closed</a>`, "closed")}`,
    },
    async (page, site) => {
      for (const id of ["out b", "file", "named", "within"]) await page.click(`#${id}`);
      await page.click("#e"); // what a page closes is its own
      await flush(page);
      assert.deepEqual(
        paramsOf(site, "outbound_click").map((params) => params?.["link_domain"]),
        ["other.example", "around.example"],
      );
      assert.equal(named(site, "file_download").length, 1);
      assert.deepEqual(paramsOf(site, "signup"), [{ plan: "pro" }]);
    },
  ));

test("with data-clicks nothing is read in a shadow root below or beside what is masked", () =>
  visit(
    {
      script: "full",
      attributes: "data-clicks",
      body: `${shadow("a", `<button id="shown" onclick="this.title = 'x'">Shown</button>`)}
        ${shadow("b", `<button id="below" onclick="this.title = 'x'">4111 1111</button>`, "open", "data-tr-mask")}`,
    },
    async (page, site) => {
      for (const id of ["shown", "below"]) await page.click(`#${id}`);
      await site.waitFor(3);
      const texts = paramsOf(site, "click").map((params) => [params?.["id"], params?.["text"] ?? null]);
      assert.deepEqual(texts, [
        ["shown", "Shown"],
        ["below", null],
      ]);
    },
  ));

test("with data-clicks every click tells what was clicked, and nothing of what is masked or typed", () =>
  visit(
    {
      script: "full",
      attributes: "data-clicks",
      body: `<button id="buy" onclick="document.title = 'x'; this.append('!')">Buy <i>now</i></button>
        <button id="secret" onclick="this.title = 'x'"><span data-tr-mask>4111 1111</span></button><button id="dead">Nothing</button>`,
    },
    async (page, site) => {
      for (const id of ["buy", "secret", "dead"]) await page.click(`#${id}`);
      await site.waitFor(4);
      const clicks = paramsOf(site, "click");
      assert.deepEqual(
        clicks.map((click) => [click?.["id"], click?.["text"], click?.["dead"]]),
        [
          ["buy", "Buy now", undefined],
          ["secret", undefined, undefined],
          ["dead", "Nothing", true],
        ],
      );
      assert.ok(!JSON.stringify(site.posts).includes("4111 1111")); // four digits alone may be those of an id
    },
  ));

test("forms tell that they were sent or left, never what was typed; engagement is one event at hide", () =>
  visit(
    {
      script: "full",
      body: `<form id="sent" onsubmit="event.preventDefault()"><input name="q"><button>go</button></form>
        <form id="left"><input name="email"></form><div style="height:4000px"></div>`,
    },
    async (page, site) => {
      await page.fill("#sent input", "typed-1");
      await page.click("#sent button");
      await page.fill("#left input", "typed-2");
      await page.evaluate("scrollTo(0, 1000)");
      await page.evaluate(`dispatchEvent(new PageTransitionEvent("pagehide"))`);
      await site.waitFor(4);
      assert.deepEqual(paramsOf(site, "form_submit"), [{ form: "sent" }]);
      assert.deepEqual(paramsOf(site, "form_abandon"), [{ form: "left", field: "email" }]);
      const [engagement] = paramsOf(site, "engagement");
      assert.ok(Number(engagement?.["engagement_ms"]) > 0);
      assert.ok(Number(engagement?.["scroll_percent"]) > 30);
      assert.ok(!JSON.stringify(site.posts).includes("typed"));
    },
  ));

test("three clicks within a second are marked as rage, also beside anything that can be clicked", () =>
  visit(
    {
      script: "full",
      attributes: "data-clicks",
      body: `<button id="slow" onclick="this.title += 'x'">Slow</button><p id="text">Only text</p>`,
    },
    async (page, site) => {
      await page.click("#slow", { clickCount: 3 });
      await waitFor(() => named(site, "click").length === 3, "three clicks");
      assert.deepEqual(
        paramsOf(site, "click").map((click) => click?.["rage"]),
        [undefined, undefined, true],
      );
      await page.click("#text", { clickCount: 4 });
      await waitFor(
        () => named(site, "click").some(({ params }) => params?.["id"] === "text"),
        "the paragraph",
      );
      assert.deepEqual(
        paramsOf(site, "click")
          .filter((click) => click?.["id"] === "text")
          .map((click) => [click?.["tag"], click?.["rage"], click?.["text"]])
          .at(-1),
        ["p", true, undefined],
      );
    },
  ));

test("a page that was answered with 404 is an event where the tag asks for it, any other page is not", async () => {
  const bytes = scripts.get("full") ?? Buffer.alloc(0);
  const site = await startTrackerSite(
    bytes,
    `<!doctype html><script src="/track.js" data-not-found></script>`,
  );
  const page = await browser.newPage();
  try {
    await page.goto(`http://localhost:${site.port}/start`);
    await site.waitFor(1);
    await page.route("**/gone", async (route) => {
      await route.fulfill({ response: await route.fetch(), status: 404 });
    });
    await page.goto(`http://localhost:${site.port}/gone`);
    await waitFor(() => named(site, "page_not_found").length > 0, "the event");
    assert.deepEqual(
      named(site, "page_not_found").map(({ url }) => new URL(url ?? "").pathname),
      ["/gone"],
    );
  } finally {
    await page.close();
    await site.close();
  }
});

test("errors that nobody caught are events where the tag asks for them", async () => {
  const bytes = scripts.get("full") ?? Buffer.alloc(0);
  const site = await startTrackerSite(bytes, `<!doctype html><script src="/track.js" data-errors></script>`);
  const page = await browser.newPage();
  try {
    await page.goto(`http://localhost:${site.port}/start`);
    await page.evaluate(`void setTimeout(() => { throw new Error("broken") })`);
    await site.waitFor(2);
    assert.match(String(paramsOf(site, "js_error")[0]?.["message"]), /broken/);
  } finally {
    await page.close();
    await site.close();
  }
});

test("track.legacy.js takes the calls of old pages as they were meant", () =>
  visit(
    {
      script: "legacy",
      path: "/start?campaign=x",
      init: `document.cookie = "ex=exp-7"; document.cookie = "exp=" + encodeURIComponent('{"slogan":"B"}');`,
    },
    async (page, site) => {
      await page.evaluate(`(() => {
        tr({ ename: "again", sink: "cw$" });
        tr({ ename: "forced", sink: "cw$", score: 1, params: { aff: "Bespoke" } }, true);
        track({ ename: "tracked", etyp: "click" });
        tr("new", { a: 1 });
      })()`);
      await flush(page);
      assert.equal(named(site, "again").length, 0, "the same address is told once");
      const [forced] = named(site, "forced") as (WireEvent & Record<string, unknown>)[];
      assert.deepEqual(
        [forced?.["sink"], forced?.["score"], forced?.["xid"], forced?.params],
        ["cw$", 1, "exp-7", { campaign: "x", slogan: "B", aff: "Bespoke" }],
      );
      assert.equal(named(site, "tracked").length, 1);
      assert.deepEqual(paramsOf(site, "new"), [{ a: 1 }]);
    },
  ));

const hostile = {
  "fetch is replaced afterwards": `addEventListener("load", () => { window.fetch = () => { throw new Error("mine") } })`,
  "fetch is wrapped": `const own = fetch; window.fetch = async (...a) => { const r = await own(...a); return r }`,
  "XMLHttpRequest is gone": "delete window.XMLHttpRequest",
  "History is wrapped by the page": `for (const m of ["pushState", "replaceState"]) { const own = History.prototype[m]; History.prototype[m] = function () { return own.apply(this, arguments) } }`,
  "history is frozen": "Object.freeze(history)",
  "Array.prototype has old methods": `Array.prototype.toJSON = function () { return Array.prototype.join.call(this) }; Array.from = (list) => [...list]; Array.prototype.contains = () => true`,
  "Object is frozen":
    "Object.freeze(Object); Object.freeze(Object.prototype); Object.freeze(Function.prototype)",
  "JSON is replaced afterwards by the same": `const own = JSON.stringify; JSON.stringify = (...a) => own(...a)`,
  "Promise is wrapped": "window.Promise = class extends Promise {}",
  "the referrer is no address": `Object.defineProperty(document, "referrer", { get: () => "not a url" })`,
} as const;

for (const [name, init] of Object.entries(hostile)) {
  test(`a page where ${name} is counted all the same, and not broken`, () =>
    visit({ script: "full", init }, async (page, site) => {
      await page.evaluate(`history.pushState(null, "", "/next"); tr("bought", { n: 1 }); tr.flush()`);
      await site.waitFor(3);
      assert.deepEqual(
        site.taken().map(({ ename }) => ename),
        ["page_view", "page_view", "bought"],
      );
    }));
}

test("in a sandboxed page, which may use neither cookies nor storage, no call throws and nothing is left uncaught", async () => {
  const head = `<script>onerror = (message) => { (window.uncaught ??= []).push(message) }</script><script src="/track.js" data-site="main"></script>`;
  const site = await startTrackerSite(scripts.get("full") ?? Buffer.alloc(0), `<!doctype html>${head}`, {
    "content-security-policy": "sandbox allow-scripts",
  });
  const page = await browser.newPage();
  try {
    await page.goto(`http://localhost:${site.port}/start`);
    await site.waitFor(1);
    const thrown = await page.evaluate(
      `[${calls.map((call) => `() => ${call}`).join()}].flatMap((call) => {
        try { call(); return [] } catch (error) { return [call + ": " + error] }
      })`,
    );
    assert.deepEqual(thrown, []);
    await page.evaluate("new Promise((done) => setTimeout(done))");
    assert.equal(await page.evaluate("window.uncaught ?? null"), null);
    assert.equal(site.posts[0]?.headers.origin, "null");
  } finally {
    await page.close();
    await site.close();
  }
});

const calls = [
  ...[`tr("a")`, `tr.outcome("b")`, `tr.identify("u")`, "tr.page()", "tr.params()", `tr.variant("x")`],
  ...[
    "tr.consent(true)",
    "tr.consent()",
    "tr.optout()",
    "tr.reset()",
    "tr.share()",
    "tr.flush()",
    "tr.stop()",
  ],
];

test("a strict policy that trusts a nonce lets the script run and send", async () => {
  const bytes = scripts.get("full") ?? Buffer.alloc(0);
  const policy = `default-src 'none'; script-src 'nonce-abc'; connect-src 'self'; require-trusted-types-for 'script'`;
  const page = await browser.newPage();
  const head = `<meta http-equiv="Content-Security-Policy" content="${policy}"><script nonce="abc" src="/track.js" async></script>`;
  const site = await startTrackerSite(bytes, `<!doctype html>${head}`);
  const refused: string[] = [];
  page.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) refused.push(message.text());
  });
  try {
    await page.goto(`http://localhost:${site.port}/start`);
    await site.waitFor(1);
    assert.deepEqual(refused, []);
  } finally {
    await page.close();
    await site.close();
  }
});
