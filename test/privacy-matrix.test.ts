/**
 * What each wish of a visitor, and each rule of a site, leaves behind: cookies, storage, requests and rows, with a real
 * browser against the real gateway, on a site behind it and on one that includes the script.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { Event } from "../gateway/model/event.ts";
import type {} from "../tracker-js/api.ts"; // window.tr
import { launchBrowser } from "./browser.ts";
import { type PrivateSites, type Rule, startPrivateSites } from "./private-sites.ts";
import { storedEvents } from "./stored.ts";
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

/** What a row says of its visitor: a lasting id, one of the day, or nothing. */
type Row = "visitor" | "day" | "nobody";

interface Cell {
  readonly wish: string;
  readonly rule: Rule;
  readonly signal?: "gpc" | "dnt";
  /** a cookie of an earlier visit */
  readonly earlier?: readonly [name: string, value: string];
  /** runs in the page */
  readonly says?: string;
  /** attributes of the tag where the script is included */
  readonly tag?: string;
  readonly fronted: Left;
  readonly dropIn: Left;
}

interface Left {
  /** names of cookies, sorted */
  readonly cookies: string;
  readonly storage: "tp_q" | "";
  /** the row of the page view and of an event; null where nothing leaves */
  readonly row: Row | null;
  /** what the document's own row says, on a site behind the gateway */
  readonly document?: Row;
}

const all = "params ref sid vid xid";
const free: Left = { cookies: all, storage: "tp_q", row: "visitor" };
const nothing: Left = { cookies: "", storage: "", row: "nobody" };
const withCookie = (cookies: string): Left => ({ ...nothing, cookies });
const silent = (cookies: string): Left => ({ cookies, storage: "", row: null, document: "nobody" });
const yes = "tr.consent({ analytics: true })";
const no = "tr.consent(false)";
const asks = " data-consent=required";

const cells: readonly Cell[] = [
  { wish: "nothing said", rule: "assumed", fronted: free, dropIn: free },
  { wish: "GPC", rule: "assumed", signal: "gpc", fronted: nothing, dropIn: nothing },
  {
    wish: "DNT where the site does not heed it",
    rule: "assumed",
    signal: "dnt",
    fronted: free,
    dropIn: free,
  },
  {
    wish: "DNT where it does",
    rule: "dnt",
    signal: "dnt",
    tag: " data-dnt=doNotTrack",
    fronted: nothing,
    dropIn: nothing,
  },
  {
    wish: "opted out",
    rule: "assumed",
    earlier: ["tp_optout", "1"],
    fronted: withCookie("tp_optout"),
    dropIn: withCookie("tp_optout"),
  },
  {
    wish: "consent required, none given",
    rule: "required",
    tag: asks,
    fronted: silent(""),
    dropIn: silent(""),
  },
  {
    wish: "consent required, denied",
    rule: "required",
    tag: asks,
    says: no,
    fronted: silent("tp_consent"),
    dropIn: silent("tp_consent"),
  },
  {
    wish: "consent denied where it is assumed",
    rule: "assumed",
    earlier: ["tp_consent", "denied"],
    fronted: silent("tp_consent"),
    dropIn: silent("tp_consent"),
  },
  {
    wish: "consent granted late",
    rule: "required",
    tag: asks,
    says: yes,
    // The other cookies come with the next document.
    fronted: { ...free, cookies: "tp_consent vid", document: "nobody" },
    dropIn: { ...free, cookies: "params ref sid tp_consent vid xid" },
  },
  {
    wish: "consent granted before",
    rule: "required",
    tag: asks,
    earlier: ["tp_consent", "granted"],
    fronted: { ...free, cookies: "params ref sid tp_consent vid xid" },
    dropIn: { ...free, cookies: "params ref sid tp_consent vid xid" },
  },
  {
    wish: "consent granted, and GPC",
    rule: "required",
    tag: asks,
    signal: "gpc",
    earlier: ["tp_consent", "granted"],
    fronted: withCookie("tp_consent"),
    dropIn: withCookie("tp_consent"),
  },
  {
    wish: "cookieless",
    rule: "cookieless",
    tag: " data-cookieless",
    fronted: { cookies: "", storage: "", row: "day" },
    dropIn: { cookies: "", storage: "", row: "day" },
  },
  {
    wish: "cookieless, and GPC",
    rule: "cookieless",
    tag: " data-cookieless",
    signal: "gpc",
    fronted: nothing,
    dropIn: nothing,
  },
];

const signals = {
  gpc: { headers: { "sec-gpc": "1" }, property: "globalPrivacyControl", value: true },
  dnt: { headers: { dnt: "1" }, property: "doNotTrack", value: "1" },
} as const;

/** A browser as the cell wants it: Chromium has no switch for either signal. */
const contextOf = async ({ signal, earlier }: Cell, url: string): Promise<BrowserContext> => {
  const context = await browser.newContext({ extraHTTPHeaders: signal ? signals[signal].headers : {} });
  if (signal) {
    const { property, value } = signals[signal];
    await context.addInitScript(
      `Object.defineProperty(navigator, "${property}", { get: () => ${JSON.stringify(value)} })`,
    );
  }
  if (earlier) await context.addCookies([{ name: earlier[0], value: earlier[1], url }]);
  return context;
};

let marks = 0;
const newMark = (): string => `mark${++marks}x`;

/** Ours, without the addresses that say nothing of the visitor. */
const collected = (page: Page): string[] => {
  const urls: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/tr/v1/") && request.method() === "POST") urls.push(request.url());
  });
  return urls;
};

const stored = (mark: string): readonly Event[] =>
  storedEvents(sites.gateway.data).filter((event) => event.page_location?.includes(mark));

/** What the names in the page's storage begin with. */
const storage = `[...new Set([localStorage, sessionStorage].flatMap(Object.keys).map((key) => key.slice(0, 4)))].sort().join(" ")`;

const cookiesOf = async (context: BrowserContext): Promise<string> =>
  (await context.cookies())
    .map(({ name }) => name)
    .sort()
    .join(" ");

const assertRow = (event: Event, row: Row, cell: Cell): void => {
  const what = `${event.name}: ${JSON.stringify(event)}`;
  assert.ok(!what.includes("tp_"), what); // how a choice is told is no property of an event
  if (row === "nobody") {
    for (const column of ["client_id", "client_session_id", "ip_address", "ref", "experiments"] as const)
      assert.equal(event[column] ?? null, null, `${column} of ${what}`);
    return;
  }
  assert.match(event.client_id ?? "", row === "day" ? /^.{14}8/ : /^.{14}7/, what);
  assert.ok(event.ip_address?.endsWith(".0") || event.ip_address?.endsWith("::"), what);
  if (row === "day") {
    assert.equal(event.client_session_id ?? event.ref ?? event.experiments ?? null, null, what);
  } else if (event.name !== "document") {
    assert.deepEqual(event.experiments, { [`headline-${cell.rule}`]: "b" }, what);
  }
};

const tryCell = async (cell: Cell, home: "fronted" | "dropIn"): Promise<void> => {
  const mark = newMark();
  const address =
    home === "fronted" ? `${sites.fronted(cell.rule)}/?` : `${sites.dropIn(cell.rule, cell.tag)}&`;
  const expected = cell[home];
  const context = await contextOf(cell, address);
  try {
    const page = await context.newPage();
    const asked = collected(page);
    await page.goto(`${address}ref=${mark}`);
    await page.waitForFunction("window.tr?.flush");
    if (cell.says) await page.evaluate(cell.says);
    const kept = await page.evaluate(
      `(async () => { tr("probe", { amount: 1 }); const kept = ${storage}; await tr.flush(); return kept })()`,
    );
    const views = () => stored(mark).filter(({ name }) => name !== "document" && name !== "exposure");
    if (expected.row === null) {
      // What says the wish itself, in the case of a denial.
      assert.deepEqual(
        asked.filter((url) => !url.includes("/tr/v1/me?")),
        [],
      );
      assert.deepEqual(views(), []);
    } else {
      await waitFor(() => views().length >= 2, `the rows of ${cell.wish}, ${home}`);
      assert.deepEqual(
        views()
          .map(({ name }) => name)
          .sort(),
        ["page_view", "probe"],
      );
      for (const event of views()) assertRow(event, expected.row, cell);
    }
    await waitFor(
      async () => (await cookiesOf(context)) === expected.cookies,
      `cookies ${expected.cookies}, got ${await cookiesOf(context)}`,
    );
    assert.equal(kept, expected.storage, "until it is delivered");
    assert.equal(await page.evaluate(storage), "", "and then no more");
    const [document] = stored(mark).filter(({ name }) => name === "document");
    assert.equal(document !== undefined, home === "fronted");
    if (document) assertRow(document, expected.document ?? expected.row ?? "nobody", cell);
  } finally {
    await context.close();
  }
};

for (const cell of cells) {
  for (const home of ["fronted", "dropIn"] as const) {
    const { cookies, storage, row } = cell[home];
    test(`${cell.wish}, ${home}: cookies ${cookies || "none"}, storage ${storage || "none"}, rows ${row ?? "none"}`, () =>
      tryCell(cell, home));
  }
}
