/** Pages that say odd things to the script, or of it on its tag: what can be kept is kept, and nothing is thrown. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { WireEvent } from "../gateway/model/wire.ts";
import { bundle } from "../setup/build/bundle.ts";
import { launchBrowser } from "./browser.ts";
import { startTrackerSite, type TrackerSite } from "./tracker-site.ts";
import { waitFor } from "./wait-for.ts";

let browser: Browser;
let script: Uint8Array;
let full: Uint8Array;
before(async () => {
  browser = await launchBrowser();
  const build = (name: string) =>
    bundle(fileURLToPath(new URL(`../tracker-js/${name}.ts`, import.meta.url)), {
      target: "es2021",
      quiet: true,
    });
  [script, full] = await Promise.all([build("index"), build("full")]);
});
after(() => browser.close());

interface Visit {
  readonly site: TrackerSite;
  readonly context: BrowserContext;
  readonly page: Page;
}

const dropIn = `<script src="http://localhost:PORT/track.js" data-site="main"></script>`;

/** Opens `/start` at `shop.localhost`, and checks at the end that nothing was thrown into the page. */
const visit = async (head: string, run: (visit: Visit) => Promise<void>, bytes = script): Promise<void> => {
  const site = await startTrackerSite(bytes, `<!doctype html><title>Shop</title>${head}`);
  const context = await browser.newContext();
  const errors: Error[] = [];
  try {
    const page = await context.newPage();
    page.on("pageerror", (error) => errors.push(error));
    await page.goto(`http://shop.localhost:${site.port}/start`);
    await run({ site, context, page });
    assert.deepEqual(errors, []);
  } finally {
    await context.close();
    await site.close();
  }
};

const flush = (page: Page) => page.evaluate("tr.flush()");
const nameOf = ({ ename, type }: WireEvent) => ename ?? type;

/** Properties that are no JSON, each made by an expression. */
const odd: Readonly<Record<string, string>> = {
  "a number too large": `{ n: 1n }`,
  "one deep inside": `{ a: { b: [1n] } }`,
  "a circle": `(() => { const a = {}; a.self = a; return a })()`,
  "a getter that throws": `{ get plan() { throw new Error("mine") } }`,
  "one of a list": `{ list: [{ get plan() { throw new Error("mine") } }] }`,
  "toJSON that throws": `{ at: { toJSON() { throw new Error("mine") } } }`,
  "a date that is none": `{ get at() { return new Date(NaN).toISOString() } }`,
  "a proxy that is gone": `(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy })()`,
  null: "null",
  "a symbol": "Symbol()",
  "a function": "() => 1",
};

test("an event whose properties are no JSON is kept without them", () =>
  visit(dropIn, async ({ site, page }) => {
    for (const [name, made] of Object.entries(odd)) {
      const said = JSON.stringify(name);
      await page.evaluate(`tr(${said}, ${made}); tr.outcome(${said}, ${made})`);
    }
    await flush(page);
    const [view, ...events] = site.taken();
    assert.equal(view?.ename, "page_view");
    const expected = Object.keys(odd).flatMap((name) => [name, name]);
    assert.deepEqual(events.map(nameOf), expected);
    for (const { params } of events) assert.deepEqual(params, {});
  }));

test("traits and overrides that are no JSON cost themselves, and neither the user nor the view", () =>
  visit(dropIn, async ({ site, page }) => {
    for (const made of Object.values(odd))
      await page.evaluate(`tr.identify("u7", ${made}); tr.page(${made})`);
    await page.evaluate(`tr.identify("u8", { plan: "pro" }); tr.page({ title: "Mine" })`);
    await flush(page);
    const [, ...events] = site.taken();
    const users = events.filter(({ type }) => type === "identify");
    const views = events.filter(({ ename }) => ename === "page_view");
    const many = Object.keys(odd).length;
    assert.deepEqual(
      users.map(({ uid }) => uid),
      [...Array(many).fill("u7"), "u8"],
    );
    assert.deepEqual(users.at(-1)?.traits, { plan: "pro" });
    assert.deepEqual(
      views.map(({ title }) => title),
      [...Array(many).fill("Shop"), "Mine"],
    );
  }));

for (const [what, own] of Object.entries({
  "a constant": "const tr = 5",
  "a variable of its block": "let tr = 5",
  "a property that stays": `Object.defineProperty(window, "tr", { value: 5 })`,
})) {
  test(`a page whose own \`tr\` is ${what} keeps it, and is viewed`, () =>
    visit(`<script>${own}</script>${dropIn}`, async ({ site, page }) => {
      const [view] = await site.waitFor(1);
      assert.equal(view?.ename, "page_view");
      assert.equal(await page.evaluate("tr"), 5);
    }));
}

test("tr.stop() in the page's first moment still sends the view of the page", () =>
  visit(`${dropIn}<script>tr("early"); tr.stop()</script>`, async ({ site, page }) => {
    await site.waitFor(2);
    await page.evaluate("tr('late')");
    assert.deepEqual(site.taken().map(nameOf), ["page_view", "early"]);
  }));

test("tr.stop() at once, before anything was told, sends the view, too", () =>
  visit(`${dropIn}<script>tr.stop()</script>`, async ({ site }) => {
    assert.deepEqual((await site.waitFor(1)).map(nameOf), ["page_view"]);
  }));

test("properties are those of the moment of the call, as JSON writes them", () =>
  visit(dropIn, async ({ site, page }) => {
    await page.evaluate(`
      const cart = { lines: [1] };
      tr("cart", { cart, value: 5, currency: "EUR" });
      cart.lines.push(2);
      tr("odd", Object.freeze({ at: new Date(0), map: new Map([[1, 2]]), none: undefined, nan: NaN, half: "a\\ud800b",
        deep: new Proxy({ a: 1 }, {}), list: [undefined, () => 1] }));`);
    await flush(page);
    const [, cart, values] = site.taken();
    assert.deepEqual(cart?.params, { cart: { lines: [1] }, value: 5, currency: "EUR" });
    assert.deepEqual(values?.params, {
      at: "1970-01-01T00:00:00.000Z",
      map: {},
      nan: null,
      half: "a\ud800b",
      deep: { a: 1 },
      list: [null, null],
    });
  }));

test("a tag that names parameters by what is no expression costs the address, and no event", () =>
  visit(dropIn.replace("data-site", `data-params="*" data-site`), async ({ site, page }) => {
    await page.evaluate(`history.replaceState(0, "", "?a=1"); tr("one")`);
    await flush(page);
    const events = site.taken();
    assert.deepEqual(events.map(nameOf), ["page_view", "page_view", "one"]);
    assert.deepEqual(
      events.map(({ url }) => url?.replace(/.*(?=\/start)/, "")),
      ["/start", undefined, undefined],
    );
  }));

test("a consent that is taken back takes back what is kept", () =>
  visit(dropIn, async ({ site, page }) => {
    await page.route("**/tr/v1/**", (route) => route.abort("connectionrefused"));
    const kept = () => page.evaluate(`Object.keys(localStorage).filter((key) => /^tp_q/.test(key)).length`);
    await page.evaluate(`localStorage.own = "stays"; tr("before"); tr.flush()`);
    assert.notEqual(await kept(), 0);
    await page.evaluate("tr.consent(true)");
    assert.notEqual(await kept(), 0);
    await page.evaluate("tr.consent({ analytics: false })");
    assert.equal(await kept(), 0);
    assert.equal(await page.evaluate("localStorage.own"), "stays");
    assert.ok(!site.taken().some(({ ename }) => ename === "before"));
  }));

test("a visitor who can keep no cookies, as in a frame of another site's page, is not asked for with each event", () =>
  visit("", async ({ site, page }) => {
    const inner = await startTrackerSite(script, `<!doctype html>${dropIn}`);
    try {
      await page.evaluate(
        `document.body.innerHTML = '<iframe src="http://127.0.0.1:${inner.port}/framed"></iframe>'`,
      );
      await inner.waitFor(1);
      const frame = page.frame({ url: /framed/ });
      await frame?.evaluate(`(async () => { tr("one"); tr("two"); await tr.flush() })()`);
      assert.deepEqual(inner.taken().map(nameOf), ["page_view", "one", "two"]);
      assert.deepEqual([inner.asked.length, site.asked.length], [0, 0]);
      for (const { vid } of inner.taken()) assert.equal(vid, undefined);
    } finally {
      await inner.close();
    }
  }));

test("a link that is shared before the first view has left asks for the variants of the page", () =>
  visit(`${dropIn}<script>tr.share()</script>`, async ({ site }) => {
    await site.waitFor(1);
    await waitFor(() => site.asked.length > 1, "both questions");
    const [first] = site.asked;
    assert.match(first?.path ?? "", /\/x\?/);
    assert.equal(first?.body, `http://shop.localhost:${site.port}/start `);
  }));

test("a page that asks for Trusted Types goes without web vitals, and is counted", () =>
  visit(
    `<meta http-equiv="Content-Security-Policy" content="require-trusted-types-for 'script'">${dropIn.replace("data-site", "data-vitals data-site")}`,
    async ({ site, page }) => {
      await page.waitForFunction("document.readyState === 'complete'");
      await flush(page);
      assert.deepEqual(site.taken().map(nameOf), ["page_view"]);
    },
    full,
  ));
