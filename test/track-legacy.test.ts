/** Pages of the original tracker: its script's old names, its calls and its cookies, against the rows that are stored. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import type { Event } from "../gateway/model/event.ts";
import type {} from "../tracker-js/api.ts"; // window.tr
import { ask } from "./ask.ts";
import { launchBrowser } from "./browser.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { storedEvents, storedNamed } from "./stored.ts";
import { withGateway } from "./with-gateway.ts";

const scriptNames = [
  "/old/track.js",
  "/pub/v1/track.js",
  "/pub/v1/old/track.js",
  "/tr/v1/pub/track.js",
  "/tr/v1/pub/old/track.js",
];

let browser: Browser;
let folder: string;
let gateway: Gateway;
before(async () => {
  browser = await launchBrowser();
  folder = mkdtempSync(join(tmpdir(), "turnpike-legacy-"));
  writePage("own", `<script src="/pub/v1/track.js"></script>`);
  gateway = await startGateway({ config: settings(scriptNames) });
  writePage("ref-case", `<script src="/old/track.js" data-site="main"></script>`);
  // The newest of the original's scripts: a set-up object, and a tracker of another origin.
  const tracker = gateway.url.replace("localhost", "t.localhost").replace("127.0.0.1", "t.localhost");
  writePage(
    "elsewhere",
    `<script>_sfpl = { trackerUrl: "${tracker}" }</script><script src="${tracker}/old/track.js"></script>`,
  );
  writePage("ga-case", `<script src="${tracker}/old/track.js" data-site="main" data-ga></script>`);
});
after(async () => {
  await browser?.close();
  await gateway?.close();
  rmSync(folder, { recursive: true, force: true });
});

const writePage = (name: string, head: string): void => {
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, "index.html"), `<!doctype html><title>${name}</title>${head}`);
};
const settings = (legacyPaths: readonly string[]) => ({
  routes: [{ path: "/", static: { dir: folder } }],
  tracking: { legacyPaths },
});

interface Row {
  /** what of the original's behaviour it shows */
  readonly name: string;
  readonly code: string;
  readonly page?: string;
  readonly cookies?: Readonly<Record<string, string>>;
  /** events named `it`, as columns and properties */
  readonly stored: readonly Readonly<Record<string, unknown>>[];
}

const visitor = "3d0be300-cbd2-11e8-aa59-ffd128a54d91";
const json = (value: object) => encodeURIComponent(JSON.stringify(value));

const rows: readonly Row[] = [
  {
    name: "tr(fields): the address of the last call is not told again",
    code: `tr({ ename: "it" })`,
    stored: [],
  },
  {
    name: "tr(fields, force): it is told all the same",
    code: `tr({ ename: "it", etyp: "click" }, true)`,
    stored: [{ name: "it", event_category: "click" }],
  },
  {
    name: "tr(fields) at another address: told, and once",
    code: `history.pushState(0, "", "/own/?step=2"); tr({ ename: "it" }); tr({ ename: "it" })`,
    stored: [{ name: "it" }],
  },
  {
    name: "params: the query, the cookie `exp` over it, the caller's over both",
    page: "own/?q=query&slogan=query&plan=query",
    cookies: { exp: json({ slogan: "cookie", plan: "cookie" }) },
    code: `tr({ ename: "it", params: { plan: "caller" } }, true)`,
    stored: [{ properties: { q: "query", slogan: "cookie", plan: "caller" } }],
  },
  {
    name: "sink, score and outcome in params become columns and leave it, aff stays there as well",
    code: `tr({ params: { ename: "it", sink: "cw$", score: 6, aff: "Bespoke", type: "a" } }, true)`,
    stored: [{ sink: "cw$", score: 6, aff: "Bespoke", properties: { aff: "Bespoke", type: "a" } }],
  },
  {
    name: "the cookie `ex` names the experiment",
    cookies: { ex: "exp-7" },
    code: `tr({ ename: "it" }, true)`,
    stored: [{ experiment_id: "exp-7" }],
  },
  {
    name: "`eid` of an old page names the experiment, and is no id of the event",
    code: `tr({ ename: "it", eid: "cw-a" }, true); tr({ ename: "it", eid: "cw-a" }, true)`,
    stored: [{ experiment_id: "cw-a" }, { experiment_id: "cw-a" }],
  },
  {
    name: "the login in `ajwt` is the user",
    cookies: { ajwt: json({ sfpl: { pub: { uid: "u-42" } } }) },
    code: `tr({ ename: "it" }, true)`,
    stored: [{ user_id: "u-42" }],
  },
  {
    name: "the login in `jwt`, as it was called before, is the user",
    cookies: { jwt: json({ sfpl: { pub: { uid: "u-43" } } }) },
    code: `tr({ ename: "it" }, true)`,
    stored: [{ user_id: "u-43" }],
  },
  {
    name: "a login that is a real token costs no event",
    cookies: { jwt: "eyJhbGciOiJIUzI1NiJ9.e30.x" },
    code: `tr({ ename: "it" }, true)`,
    stored: [{ name: "it", user_id: null }],
  },
  {
    name: "track(fields): every call is told",
    code: `track({ ename: "it", score: 1 }); track({ ename: "it", score: 2 })`,
    stored: [{ score: 1 }, { score: 2 }],
  },
  {
    name: "tr(name, properties), the new form, beside the old one",
    code: `tr("it", { a: 1 })`,
    stored: [{ name: "it", properties: { a: 1 } }],
  },
  {
    name: "`_sfpl`: events of a page elsewhere go to its trackerUrl, and make a visitor there",
    page: "elsewhere/",
    code: `track({ ename: "it" })`,
    stored: [{ name: "it", tracking_protocol: "native" }],
  },
  {
    name: "the cookie `vid` goes on",
    page: "elsewhere/",
    cookies: { vid: visitor },
    code: `track({ ename: "it" })`,
    stored: [{ client_id: visitor }],
  },
  {
    name: "a `vid` without dashes goes on as the same visitor",
    page: "elsewhere/",
    cookies: { vid: visitor.replaceAll("-", "") },
    code: `track({ ename: "it" })`,
    stored: [{ client_id: visitor }],
  },
  {
    name: "the cookie `sess` goes on as what the client says of its session",
    page: "elsewhere/",
    cookies: { sess: "c1dcf340-6eaa-11ea-a0b8-6120e9776df7" },
    code: `track({ ename: "it" })`,
    stored: [{ client_session_id: "c1dcf340-6eaa-11ea-a0b8-6120e9776df7" }],
  },
  {
    name: "the cookie `xid` of the newest script names the experiment",
    page: "elsewhere/",
    cookies: { xid: "exp-9" },
    code: `track({ ename: "it" })`,
    stored: [{ experiment_id: "exp-9" }],
  },
  {
    name: "its cookie `ver` goes with it, and track(fields) without a name is called by the experiment",
    page: "elsewhere/",
    cookies: { xid: "it", ver: "b" },
    code: "track({})",
    stored: [{ name: "it", experiment_id: "it", version: "b" }],
  },
  {
    name: "the client id of `_ga` goes on where the tag asks for it",
    page: "ga-case/",
    cookies: { _ga: "GA1.1.123456789.1700000000" },
    code: `track({ ename: "it" })`,
    stored: [{ client_id: "123456789.1700000000" }],
  },
  {
    name: "a visitor who is known stays who he is, whatever `_ga` says",
    page: "ga-case/",
    cookies: { _ga: "GA1.1.123456789.1700000000", vid: visitor },
    code: `track({ ename: "it" })`,
    stored: [{ client_id: visitor }],
  },
  {
    name: "what the caller says wins over cookies",
    page: "elsewhere/",
    cookies: { ver: "a", ex: "exp-7" },
    code: `track({ ename: "it", ver: "b", xid: "exp-8" })`,
    stored: [{ version: "b", experiment_id: "exp-8" }],
  },
];

/** What of an event a row of the table speaks of. */
const shown = (event: Event, wanted: Readonly<Record<string, unknown>> = {}) => {
  const columns: Readonly<Record<string, unknown>> = { ...event };
  return Object.fromEntries(Object.keys(wanted).map((column) => [column, columns[column] ?? null]));
};

for (const { name, code, page: path = "own/", cookies = {}, stored } of rows) {
  test(name, async () => {
    const context = await browser.newContext();
    try {
      const url = gateway.url.replace("127.0.0.1", "localhost");
      await context.addCookies(Object.entries(cookies).map(([key, value]) => ({ name: key, value, url })));
      const before = storedNamed(gateway.data, "it").length;
      const page = await context.newPage();
      await page.goto(`${url}/${path}`);
      await page.waitForFunction("window.track && window.tr?.flush");
      await page.evaluate(`(async () => { ${code}; await tr.flush() })()`);
      const events = storedNamed(gateway.data, "it").slice(before);
      assert.equal(events.length, stored.length);
      assert.deepEqual(
        events.map((event, i) => shown(event, stored[i])),
        stored,
      );
    } finally {
      await context.close();
    }
  });
}

test("an address that the original kept in `ref` is the page before, once, and no referrer", async () => {
  const context = await browser.newContext();
  try {
    const url = gateway.url.replace("127.0.0.1", "localhost");
    await context.addCookies([{ name: "ref", value: encodeURIComponent(`${url}/before`), url }]);
    const page = await context.newPage();
    const views = () =>
      storedEvents(gateway.data).filter(({ page_location }) => page_location?.includes("ref-case"));
    for (const count of [1, 2]) {
      await page.goto(`${url}/ref-case/`);
      await page.waitForFunction("window.track && window.tr?.flush");
      await page.evaluate("tr.flush()");
      assert.equal(views().length, count);
    }
    assert.deepEqual(
      views().map(({ page_referrer, ref }) => [page_referrer ?? null, ref ?? null]),
      [
        [`${url}/before`, null],
        [null, null],
      ],
    );
  } finally {
    await context.close();
  }
});

test("the old names of the script answer with track.legacy.js where the settings list them, and nowhere else", async () => {
  const legacy = (await ask(`${gateway.url}/track.legacy.js`)).text;
  assert.match(legacy, /_sfpl/);
  for (const path of scriptNames) assert.equal((await ask(gateway.url + path)).text, legacy, path);
  mkdirSync(join(folder, "old"), { recursive: true });
  writeFileSync(join(folder, "old", "track.js"), "/* the site's own */");
  await withGateway({ config: settings([]) }, async ({ url }) => {
    assert.equal((await ask(`${url}/old/track.js`)).text, "/* the site's own */");
    assert.equal((await ask(`${url}/pub/v1/track.js`)).status, 404);
  });
});
