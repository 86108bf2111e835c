/** Two sites that include the script from one host: each page's events are its own site's, whoever names whom. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import type { Event } from "../gateway/model/event.ts";
import type {} from "../tracker-js/api.ts"; // window.tr
import { launchBrowser } from "./browser.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { storedEvents } from "./stored.ts";
import { waitFor } from "./wait-for.ts";

let browser: Browser;
let gateway: Gateway;
let pages: Server;
before(async () => {
  browser = await launchBrowser();
  const everybody = (site: string, variant: string) => ({
    site,
    key: `headline-${site}`,
    variants: [
      { key: "control", weight: 0 },
      { key: variant, weight: 1 },
    ],
    goals: [{ key: "purchase", event: "purchase" }],
  });
  gateway = await startGateway({
    config: {
      routes: [{ path: "/", respond: { status: 404 } }],
      // The host that collects is of the first; the pages of all lie on a server of their own.
      sites: [
        { id: "main", hosts: ["t.localhost"] },
        { id: "shop", hosts: ["shop.localhost", "*.shop.localhost"] },
        { id: "blog", hosts: ["blog.localhost"] },
      ],
      experiments: [everybody("shop", "s"), everybody("blog", "b")],
    },
  });
  const script = `http://t.localhost:${new URL(gateway.url).port}/track.js`;
  pages = createServer((req, res) => {
    const named = new URL(req.url ?? "/", "http://localhost").searchParams.get("named");
    const tag = `<script src="${script}" ${named === null ? "" : `data-site="${named}"`}></script>`;
    res.setHeader("content-type", "text/html; charset=utf-8");
    res.end(`<!doctype html><title>Page</title>${tag}`);
  }).listen(0, "127.0.0.1");
  await once(pages, "listening");
});
after(async () => {
  await browser?.close();
  pages?.closeAllConnections();
  pages?.close();
  await gateway?.close();
});

const pageOf = (host: string, named: string): string =>
  `http://${host}.localhost:${(pages.address() as AddressInfo).port}/?named=${named}`; // a TCP server's address is no string

/** Opens a page as somebody new, and tells an event of this name. */
const visit = async (address: string, event: string): Promise<Page> => {
  const page = await (await browser.newContext()).newPage();
  await page.goto(address);
  await page.waitForFunction("window.tr?.flush");
  await page.evaluate(`(async () => { tr("${event}"); tr.identify("user-7"); await tr.flush() })()`);
  return page;
};

const storedOf = (page: Page): readonly Event[] => {
  const { origin } = new URL(page.url());
  return storedEvents(gateway.data).filter(({ page_location }) => page_location?.startsWith(origin));
};
const sitesOf = (events: readonly Event[]): string[] => [
  ...new Set(events.map(({ property_id }) => property_id)),
];
const problemsOf = (events: readonly Event[]): string[] => [
  ...new Set(events.flatMap(({ problems }) => (problems ?? []).map(({ problem }) => problem))),
];

test("each page's views, events, users and variants are those of the site that its tag names", async () => {
  for (const [host, variant] of [
    ["shop", "s"],
    ["blog", "b"],
  ]) {
    const page = await visit(pageOf(`${host}`, `${host}`), "seen");
    await page.waitForFunction(`tr.variant("headline-${host}") === "${variant}"`);
    const events = storedOf(page);
    assert.deepEqual(sitesOf(events), [host]);
    assert.deepEqual(problemsOf(events), []);
    assert.deepEqual(events.map(({ name }) => name).sort(), ["exposure", "identify", "page_view", "seen"]);
    assert.equal(events.find(({ name }) => name === "identify")?.user_claim, "page");
    await page.context().close();
  }
});

test("a wish and a shared link are answered for the site of the page, on its subdomains too", async () => {
  const page = await visit(pageOf("www.shop", "shop"), "seen");
  assert.match(await page.evaluate(() => window.tr?.share() ?? ""), /[?&]rcode=[\w-]{35}/);
  assert.deepEqual(sitesOf(storedOf(page)), ["shop"]);
  await page.evaluate("tr.optout()");
  await page.waitForFunction(`/tp_optout=1/.test(document.cookie) && !/vid=/.test(document.cookie)`);
  await page.context().close();
});

test("a page that names a site it is none of, or none that there is, fills the reports of the host's site alone", async () => {
  for (const [named, problem] of [
    ["shop", 'site "shop" has no host of http://evil.localhost'],
    ["nobody", 'there is no site "nobody"'],
  ]) {
    const page = await visit(pageOf("evil", `${named}`), "forged");
    const events = storedOf(page).filter(({ name }) => name !== "exposure");
    assert.ok(events.length >= 3);
    assert.deepEqual(sitesOf(events), ["main"]);
    for (const event of events) assert.equal(event.user_id ?? event.user_claim ?? null, null);
    assert.ok(
      problemsOf(events).some((words) => words.startsWith(`${problem}`)),
      JSON.stringify(problemsOf(events)),
    );
    await page.context().close();
  }
  const shop = storedEvents(gateway.data).filter(({ property_id }) => property_id === "shop");
  assert.ok(shop.every(({ page_location }) => page_location?.includes("shop.localhost")));
});

test("a tag with data-site and no name is drop-in, too, and its events are the host's site's", async () => {
  const page = await visit(pageOf("t", ""), "unnamed");
  await waitFor(
    async () => (await page.context().cookies()).some(({ name }) => name === "vid"),
    "the visitor's cookie",
  );
  assert.deepEqual(sitesOf(storedOf(page)), ["main"]);
  assert.deepEqual(problemsOf(storedOf(page)), []);
  await page.context().close();
});
