import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { WireEvent } from "../gateway/model/wire.ts";
import { bundle } from "../setup/build/bundle.ts";
import type {} from "../tracker-js/index.ts"; // window.tr
import { launchBrowser } from "./browser.ts";
import { startTrackerSite, type TrackerSite } from "./tracker-site.ts";
import { waitFor } from "./wait-for.ts";

const pageLoad = "0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee";
const fronted = `<script src="/track.js" data-page-load="${pageLoad}" async></script>`;
const dropIn = `<script src="http://localhost:PORT/track.js" data-site="main" async></script>`;
const paged = fronted.replace("data-page-load", 'data-params="page" data-page-load');
const snippet = `<script>window.tr = window.tr || function () { (tr.q = tr.q || []).push(arguments) }</script>`;
const uuid = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

let browser: Browser;
let script: Uint8Array;
before(async () => {
  browser = await launchBrowser();
  script = await bundle(fileURLToPath(new URL("../tracker-js/index.ts", import.meta.url)), {
    target: "es2021",
    quiet: true,
  });
});
after(() => browser.close());

interface Visit {
  readonly site: TrackerSite;
  readonly context: BrowserContext;
  readonly page: Page;
  readonly errors: readonly Error[];
}

/** Opens `/start` of a site whose pages have `head`, as a new visitor, and checks at the end that nothing was thrown. */
const visit = async (
  head: string,
  run: (visit: Visit) => Promise<void>,
  {
    init = "",
    host = "localhost",
    path = "/start",
  }: { readonly init?: string; readonly host?: string; readonly path?: string } = {},
): Promise<void> => {
  const site = await startTrackerSite(script, `<!doctype html><title>Shop</title>${head}<h1>Shop</h1>`);
  const context = await browser.newContext({ locale: "en-GB", timezoneId: "Europe/Paris" });
  const errors: Error[] = [];
  try {
    if (init) await context.addInitScript(init);
    const page = await context.newPage();
    page.on("pageerror", (error) => errors.push(error));
    await page.goto(`http://${host}:${site.port}${path}`);
    await run({ site, context, page, errors });
    assert.deepEqual(errors, []);
    assert.equal(site.preflights(), 0);
  } finally {
    await context.close();
    await site.close();
  }
};

const flush = (page: Page): Promise<unknown> => page.evaluate(() => window.tr?.flush());
/** Waits, by the page's clock, until a navigation's deferred view is recorded: after 100 ms. */
const settledMs = 120;
const settle = (page: Page): Promise<unknown> =>
  page.evaluate((ms) => new Promise((done) => setTimeout(done, ms)), settledMs);
const pathOf = (url = ""): string => url.replace(/^https?:\/\/[^/]*/, "");
const views = (events: readonly WireEvent[]): string[] =>
  events.filter(({ ename }) => ename === "page_view").map(({ url }) => pathOf(url));

test("the first page view says what the wire format names, and is sent as text without ids", () =>
  visit(fronted, async ({ site, page, context }) => {
    const [view] = await site.waitFor(1);
    assert.ok(view);
    const { eid, created, ...rest } = view;
    assert.match(eid, uuid);
    assert.ok(Math.abs(created - Date.now()) < 60_000);
    assert.deepEqual(rest, {
      ename: "page_view",
      seq: 0,
      url: page.url(),
      last: "",
      title: "Shop",
      plid: pageLoad,
      params: {},
    });
    assert.equal(site.posts[0]?.headers["content-type"], "text/plain;charset=UTF-8");
    assert.deepEqual(await context.cookies(), [], "a fronted site's ids come by response header alone");
  }));

test("each navigation to another path or query is one page view, and nothing else is", () =>
  visit(paged, async ({ site, page }) => {
    await site.waitFor(1);
    const steps: [string, string, string | null][] = [
      ["a push to a new path", `history.pushState(null, "", "/a")`, "/a"],
      ["a push to the same path", `history.pushState(null, "", "/a")`, null],
      ["a replace that changes the state alone", `history.replaceState({ n: 1 }, "")`, null],
      ["a push that changes the fragment", `history.pushState(null, "", "/a#part")`, null],
      ["a fragment link", `location.hash = "other"`, null],
      ["a push that changes the query", `history.pushState(null, "", "/a?page=2")`, "/a?page=2"],
      ["a replace to a new path", `history.replaceState(null, "", "/b")`, "/b"],
      ["back", `history.back()`, "/a"],
      ["forward", `history.forward()`, "/b"],
      [
        "a redirect: push, then replace",
        `history.pushState(0, "", "/c"); history.replaceState(0, "", "/d")`,
        "/d",
      ],
      [
        "a push through the prototype",
        `History.prototype.pushState.call(history, 0, "", "/e"); tr("x")`,
        "/e",
      ],
    ];
    const expected = ["/start"];
    for (const [name, code, path] of steps) {
      const traverses = code.includes("back") || code.includes("forward");
      await page.evaluate(
        `new Promise((done) => { ${traverses ? `addEventListener("popstate", () => setTimeout(done, ${settledMs}), { once: true })` : ""}; ${code}; ${traverses ? "" : `setTimeout(done, ${settledMs})`} })`,
      );
      await flush(page);
      if (path) expected.push(path);
      assert.deepEqual(views(site.taken()), expected, name);
    }
    const all = site.taken().filter(({ ename }) => ename === "page_view");
    assert.deepEqual(
      all.map(({ last }) => pathOf(last)),
      ["", ...expected.slice(0, -1)],
      "each names the page before",
    );
    assert.deepEqual(
      all.map(({ plid }) => plid || undefined),
      [pageLoad, ...all.slice(1).map(() => undefined)],
    );
  }));

test("a view is recorded before the event that happened on it, and with the title it has by then", () =>
  visit(fronted, async ({ site, page }) => {
    await site.waitFor(1);
    await page.evaluate(() => {
      history.pushState(null, "", "/pricing");
      window.tr?.("plan_seen");
      history.pushState(null, "", "/late-title");
      document.title = "Late";
    });
    await settle(page);
    await flush(page);
    const events = site.taken().map(({ ename, url, title, seq }) => [ename, pathOf(url), title, seq]);
    assert.deepEqual(events, [
      ["page_view", "/start", "Shop", 0],
      ["page_view", "/pricing", "Shop", 1],
      ["plan_seen", "/pricing", undefined, 2],
      ["page_view", "/late-title", "Late", 3],
    ]);
  }));

test("a page that comes back from the back/forward cache is viewed again", () =>
  visit(fronted, async ({ site, page }) => {
    await site.waitFor(1);
    await page.evaluate(() => {
      dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
      dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
    });
    await site.waitFor(2);
    assert.deepEqual(views(site.taken()), ["/start", "/start"]);
  }));

test("a prerendered page sends nothing before somebody looks at it", () =>
  visit(
    fronted,
    async ({ site, page }) => {
      await page.waitForFunction(() => window.tr?.flush);
      await page.evaluate(() => window.tr?.("early"));
      await settle(page);
      await flush(page);
      assert.equal(site.posts.length, 0);
      await page.evaluate(() => {
        Object.defineProperty(document, "prerendering", { value: false });
        document.dispatchEvent(new Event("prerenderingchange"));
      });
      const events = await site.waitFor(2);
      assert.deepEqual(events.map(({ ename }) => ename).sort(), ["early", "page_view"]);
    },
    { init: `Object.defineProperty(document, "prerendering", { value: true, configurable: true })` },
  ));

test("an event followed at once by a navigation arrives, and once by its id", () =>
  visit(fronted, async ({ site, page }) => {
    await site.waitFor(1);
    await Promise.all([
      page.waitForURL("**/next"),
      page.evaluate(() => {
        window.tr?.("clicked", { button: "buy" });
        location.href = "/next";
      }),
    ]);
    await site.waitFor(3);
    await page.waitForFunction(() => window.tr?.flush);
    await flush(page);
    const byId = new Map(site.taken().map((event) => [event.eid, event]));
    assert.deepEqual([...byId.values()].map(({ ename }) => ename).sort(), [
      "clicked",
      "page_view",
      "page_view",
    ]);
    assert.equal(await page.evaluate(() => localStorage.length), 0, "acknowledged by the next page");
  }));

test("what is refused for now is sent again under the same id and time, also by the next page", () =>
  visit(fronted, async ({ site, page }) => {
    await site.waitFor(1);
    site.answerWith(503, 429);
    await page.evaluate(() => window.tr?.("important", { n: 1 }));
    await flush(page);
    assert.match(await page.evaluate(() => Object.keys(localStorage).join()), /^tp_q.*important/);
    await flush(page);
    await page.goto(`http://localhost:${site.port}/later`);
    await site.waitFor(3);
    const tries = site.posts.flatMap(({ status, batch }) =>
      batch.events.filter(({ ename }) => ename === "important").map((event) => ({ status, event })),
    );
    assert.deepEqual(
      tries.slice(0, 2).map(({ status }) => status),
      [503, 429],
    );
    assert.equal(tries.at(-1)?.status, 200);
    for (const { event } of tries) assert.deepEqual(event, tries[0]?.event);
  }));

test("a server says how long to wait, if it does so in seconds, and no wait ends at once for being too long", () =>
  visit(fronted, async ({ site, page }) => {
    await site.waitFor(1);
    for (const [said, least, most] of [
      ["30", 30_000, 40_000],
      [String(30 * 86_400), 86_400_000, 2 ** 31 - 1], // browsers take no longer one, and would call at once
      ["Wed, 01 Jan 2031 00:00:00 GMT", 100, 450_000],
    ] as const) {
      await page.route(/\/tr\/v1\//, (route) =>
        route.fulfill({ status: 503, headers: { "retry-after": said } }),
      );
      const waits = await page.evaluate(async () => {
        const own = window.setTimeout;
        const asked: number[] = [];
        // What else asks for a timer meanwhile asks for a short one.
        window.setTimeout = ((run: () => void, ms = 0) => {
          asked.push(ms);
          return own(run, ms);
        }) as typeof setTimeout;
        window.tr?.("waits");
        await window.tr?.flush();
        window.setTimeout = own;
        return asked;
      });
      const longest = Math.max(...waits);
      assert.ok(longest >= least && longest <= most, `${said}: ${waits.join()}`);
      await page.unroute(/\/tr\/v1\//);
    }
  }));

test("what is refused for good is not sent again", () =>
  visit(fronted, async ({ site, page }) => {
    await site.waitFor(1);
    site.answerWith(400);
    await page.evaluate(() => window.tr?.("bad"));
    await waitFor(() => site.posts.length > 1, "the refused post");
    await settle(page);
    await page.evaluate(() => window.tr?.("good"));
    await site.waitFor(2);
    assert.deepEqual(
      site.posts.map(({ status, batch }) => [status, batch.events.map(({ ename }) => ename)]),
      [
        [200, ["page_view"]],
        [400, ["bad"]],
        [200, ["good"]],
      ],
    );
  }));

test("a burst larger than one request arrives whole and in order", () =>
  visit(fronted, async ({ site, page }) => {
    await site.waitFor(1);
    await page.evaluate(() => {
      for (let i = 0; i < 30; i++) window.tr?.(`n${i}`, { filler: "x".repeat(3000) });
    });
    await flush(page);
    const names = site
      .taken()
      .slice(1)
      .map(({ ename }) => ename);
    assert.deepEqual(
      names,
      Array.from({ length: 30 }, (_, i) => `n${i}`),
    );
  }));

test("outcomes, events, and the calls of old pages say what they were given", () =>
  visit(snippet + `<script>tr("before_load", { a: [1, "B"] })</script>` + fronted, async ({ site, page }) => {
    await site.waitFor(2);
    await page.evaluate(() => {
      window.tr?.outcome("purchase", { value: 49.5, currency: "EUR", order: "A-1" });
      window.tr?.("Scrolled");
      window.tr?.identify("u-1", { plan: "pro" });
    });
    await flush(page);
    const url = page.url();
    const sent = site.taken().map(({ eid, created: _created, seq: _seq, ref: _ref, ...fields }) => {
      assert.match(eid, uuid);
      return fields;
    });
    assert.deepEqual(sent.slice(1), [
      { ename: "before_load", type: "track", url, params: { a: [1, "B"] } },
      { ename: "purchase", type: "outcome", url, params: { value: 49.5, currency: "EUR", order: "A-1" } },
      { ename: "Scrolled", type: "track", url, params: {} },
      { type: "identify", url, uid: "u-1", traits: { plan: "pro" }, params: {} },
    ]);
  }));

test("the variant in force and its parameters come from the cookies, by the names that the tag says", () =>
  visit(fronted.replace("async", 'data-params-cookie="tp_params" async'), async ({ site, page, context }) => {
    await site.waitFor(1);
    const url = page.url();
    await context.addCookies([
      { name: "xid", value: "pricing-headline.b~other.c", url },
      { name: "tp_params", value: encodeURIComponent('{"color":"green"}'), url },
      { name: "params", value: "of-the-site", url },
    ]);
    const variant = (key: string) => page.evaluate((k) => window.tr?.variant(k) ?? null, key);
    assert.equal(await variant("pricing-headline"), "b");
    assert.equal(await variant("unknown"), null);
    assert.deepEqual(await page.evaluate(() => window.tr?.params()), { color: "green" });
    await page.evaluate(() => window.tr?.("seen", { color: "own", size: 2 }));
    await flush(page);
    assert.deepEqual(site.taken().at(-1)?.params, { color: "own", size: 2 });
  }));

test("an address leaves with none but the parameters of campaigns and those that the tag names, without a fragment", () =>
  visit(
    paged,
    async ({ site }) => {
      const [view] = await site.waitFor(1);
      assert.equal(pathOf(view?.url), "/start?utm_source=mail&gclid=g1&page=2&ref=anna");
    },
    { path: "/start?token=secret&utm_source=mail&email=a@b.example&gclid=g1&page=2&q=shoes&ref=anna#part" },
  ));

test("a drop-in site keeps its visitor and session in its own cookies, for all its subdomains", () =>
  visit(
    dropIn,
    async ({ site, page, context }) => {
      const [first] = await site.waitFor(1);
      const cookies = await context.cookies();
      assert.deepEqual(
        cookies.map(({ name, domain, sameSite, path }) => ({ name, domain, sameSite, path })).sort(byName),
        [
          { name: "sid", domain: ".shop.localhost", sameSite: "Lax", path: "/" },
          { name: "vid", domain: ".shop.localhost", sameSite: "Lax", path: "/" },
          { name: "xid", domain: ".shop.localhost", sameSite: "Lax", path: "/" },
        ],
      );
      const lives = Object.fromEntries(
        cookies.map(({ name, expires }) => [name, expires - Date.now() / 1000]),
      );
      assert.ok(Math.abs((lives["vid"] ?? 0) - 400 * 86_400) < 60);
      assert.ok(Math.abs((lives["sid"] ?? 0) - 1800) < 60);
      assert.match(first?.vid ?? "", uuid);
      assert.match(first?.sid ?? "", uuid);

      await page.goto(`http://www.shop.localhost:${site.port}/again`);
      const second = (await site.waitFor(2))[1];
      assert.deepEqual([second?.vid, second?.sid], [first?.vid, first?.sid]);
      for (const { headers } of site.posts) {
        assert.equal(headers.cookie, undefined, "the tracker's host gets no cookies");
        assert.equal(site.asked[0]?.headers.cookie, undefined);
        assert.equal(headers["content-type"], "text/plain;charset=UTF-8");
      }
    },
    { host: "blog.shop.localhost" },
  ));

test("a drop-in site's own `sid` cookie stays as it is", () =>
  visit(
    dropIn,
    async ({ site, context }) => {
      const [view] = await site.waitFor(1);
      const cookies = Object.fromEntries((await context.cookies()).map(({ name, value }) => [name, value]));
      assert.equal(cookies["sid"], "s%3Aof-the-application");
      assert.equal(view?.sid, cookies["tp_sid"]);
    },
    { init: `document.cookie = "sid=s%3Aof-the-application"`, host: "shop.localhost" },
  ));

test("a drop-in site's first question says which page it is, and which came before", () =>
  visit(
    dropIn,
    async ({ site, context }) => {
      await site.waitFor(1);
      await waitFor(() => site.asked.length === 1, "the question of the first visit");
      const page = await context.newPage();
      await context.clearCookies();
      const address = `http://shop.localhost:${site.port}/offer`;
      await page.goto(`${address}?secret=1&utm_source=mail`, { referer: "http://news.localhost/today?q=1" });
      await waitFor(() => site.asked.length === 2, "the question of the second visit");
      assert.equal(site.asked[1]?.body, `${address}?utm_source=mail http://news.localhost/today`);
    },
    { host: "shop.localhost" },
  ));

test("a page without a host, which keeps no cookies, is viewed and goes on", () =>
  visit("", async ({ site, page }) => {
    const dir = mkdtempSync(join(tmpdir(), "turnpike-file-"));
    try {
      const file = join(dir, "page.html");
      writeFileSync(file, `<!doctype html>${dropIn.replace("PORT", String(site.port))}`);
      await page.goto(pathToFileURL(file).href);
      await page.waitForFunction(() => window.tr?.flush);
      await page.evaluate(() => window.tr?.("still here"));
      const names = (await site.waitFor(2)).map(({ ename }) => ename);
      assert.deepEqual(names, ["page_view", "still here"]);
    } finally {
      rmSync(dir, { recursive: true });
    }
  }));

test("a drop-in event that leaves with the page arrives too", () =>
  visit(
    dropIn,
    async ({ site, page }) => {
      await site.waitFor(1);
      await page.evaluate(() => {
        window.tr?.("clicked");
        dispatchEvent(new PageTransitionEvent("pagehide"));
      });
      const events = await site.waitFor(2);
      assert.equal(events[1]?.ename, "clicked");
      assert.equal(site.posts[1]?.headers.cookie, undefined);
    },
    { host: "shop.localhost" },
  ));

test("with Global Privacy Control events go without ids, and nothing is stored", () =>
  visit(
    dropIn,
    async ({ site, page, context }) => {
      site.answerWith(503);
      await site.waitFor(0);
      await page.waitForFunction(() => window.tr?.flush);
      await flush(page);
      await page.evaluate(() => window.tr?.outcome("purchase", { value: 1 }));
      await flush(page);
      const events = await site.waitFor(2);
      for (const event of events) assert.deepEqual([event.vid, event.sid], [undefined, undefined]);
      for (const { query } of site.posts) assert.equal(query, "tp_optout=1&tp_site=main");
      assert.deepEqual(await context.cookies(), []);
      assert.equal(await page.evaluate(() => localStorage.length), 0);
    },
    {
      init: `Object.defineProperty(navigator, "globalPrivacyControl", { value: true })`,
      host: "shop.localhost",
    },
  ));

test("where consent is required nothing leaves or is stored before it, then the first view is not lost", () =>
  visit(
    dropIn.replace("data-site", `data-consent="required" data-site`),
    async ({ site, page, context }) => {
      await page.waitForFunction(() => window.tr?.flush);
      await page.evaluate(() => {
        window.tr?.("early");
        dispatchEvent(new PageTransitionEvent("pagehide"));
        dispatchEvent(new PageTransitionEvent("pageshow"));
      });
      await settle(page);
      await flush(page);
      assert.equal(site.posts.length, 0);
      assert.deepEqual(await context.cookies(), []);
      assert.equal(await page.evaluate(() => localStorage.length), 0);
      await page.evaluate(() => window.tr?.consent({ analytics: true }));
      const events = await site.waitFor(2);
      assert.deepEqual(
        events.map(({ ename }) => ename),
        ["page_view", "early"],
      );
      for (const { vid } of events) assert.match(vid ?? "", uuid);
    },
    { host: "shop.localhost" },
  ));

test("nothing is thrown into a page with blocked storage, foreign cookies and odd arguments, and no good event is lost", () =>
  visit(
    dropIn + dropIn,
    async ({ site, page }) => {
      await site.waitFor(1);
      const returned = await page.evaluate(() => {
        const cycle: Record<string, unknown> = {};
        cycle["self"] = cycle;
        const tr = window.tr as unknown as Record<string, (...args: unknown[]) => unknown> &
          ((...args: unknown[]) => void);
        tr("cycle", cycle);
        tr();
        tr(null, null);
        tr["outcome"]?.(Symbol("s"));
        tr["consent"]?.();
        tr["consent"]?.(true);
        tr["variant"]?.(Symbol("s"));
        tr("larger than all that may wait", { text: "x".repeat(600_000) });
        tr("good");
        return tr["variant"]?.(undefined);
      });
      assert.equal(returned, undefined);
      await flush(page);
      const names = site.taken().map(({ ename }) => ename);
      assert.deepEqual(
        names.filter((name) => name === "page_view"),
        ["page_view"],
        "two tags, one view",
      );
      assert.ok(names.includes("good"));
    },
    {
      init: `Object.defineProperty(window, "localStorage", { get() { throw new DOMException("blocked", "SecurityError") } });
        document.cookie = "vid=%E0%A4%A"; document.cookie = "xid=%";`,
      host: "shop.localhost",
    },
  ));

const byName = (a: { readonly name: string }, b: { readonly name: string }) => (a.name < b.name ? -1 : 1);
