/** A visitor who goes from one site of an owner to another stays the same; nobody else becomes that visitor. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { newId } from "../gateway/model/ids.ts";
import { ask } from "./ask.ts";
import { launchBrowser } from "./browser.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { storedEvents } from "./stored.ts";
import { waitFor } from "./wait-for.ts";

const keys = [{ id: "k2", secret: "the-key-that-both-gateways-share-2026" }];
const older = { id: "k1", secret: "the-key-that-both-gateways-shared-2025" };

let dir: string;
let browser: Browser;
/** sites shop and blog, which know each other, and a stranger, who knows the shop */
let gateway: Gateway;
/** the blog on a machine of its own, with the shared key and an older one */
let other: Gateway;
let port: string;

before(async () => {
  dir = mkdtempSync(join(tmpdir(), "turnpike-handover-"));
  writeFileSync(
    join(dir, "index.html"),
    `<!doctype html><title>Page</title><a id="blog">blog</a>
      <script>blog.href = "http://blog.localhost:" + location.port + "/?x=a%20b&y=1#part"</script>`,
  );
  const page = { path: "/", static: { dir }, inject: true };
  const site = (id: string, linkDomains: string[], linkKeys: object[] = keys) => ({
    id,
    hosts: [`${id}.localhost`],
    script: "legacy",
    linkDomains,
    linkKeys,
  });
  gateway = await startGateway({
    config: {
      routes: [page],
      sites: [
        site("shop", ["blog.localhost"]),
        site("blog", ["shop.localhost"]),
        site("stranger", ["shop.localhost"]),
        {
          id: "closed",
          hosts: ["closed.localhost"],
          consent: "required",
          linkDomains: ["shop.localhost"],
          linkKeys: keys,
        },
      ],
    },
  });
  other = await startGateway({
    config: { routes: [page], sites: [site("blog", ["shop.localhost"], [older, ...keys])] },
  });
  port = new URL(gateway.url).port;
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await gateway?.close();
  await other?.close();
  rmSync(dir, { recursive: true, force: true });
});

const shopPage = (): string => `http://shop.localhost:${port}/`;

/** A mark of a visitor of the shop for a host; empty where there is none. */
const markFor = async (vid: string, to = "blog.localhost", headers: Record<string, string> = {}) => {
  const { text, status } = await ask(`${gateway.url}/tr/v1/handover`, {
    method: "POST",
    body: to,
    headers: {
      host: `shop.localhost:${port}`,
      origin: `http://shop.localhost:${port}`,
      referer: shopPage(),
      cookie: `vid=${vid}`,
      ...headers,
    },
  });
  return status === 200 ? ((JSON.parse(text) as { link?: string }).link ?? "") : "";
};

/** Arrives at a host as a browser does that follows a link of the shop. */
const arrive = (
  query: string,
  { host = "blog.localhost", at = gateway, method = "GET", headers = {} }: Arrival = {},
) =>
  ask(`${at.url}/?${query}`, {
    method,
    headers: {
      host,
      referer: shopPage(),
      "sec-fetch-dest": "document",
      "sec-fetch-mode": "navigate",
      ...headers,
    },
  });

interface Arrival {
  readonly host?: string;
  readonly at?: Gateway;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Answered = Awaited<ReturnType<typeof arrive>>;
const visitorOf = ({ cookies }: Answered): string | undefined => cookies.get("vid")?.value.split(".")[0];

/** Every arrival with a mark leads to the address without it, and no cache keeps that. */
const assertTakenOut = (answer: Answered, rest = "", host = "blog.localhost"): void => {
  assert.deepEqual(
    [answer.status, answer.headers.location, answer.headers["cache-control"]],
    [302, `http://${host}/${rest}`, "no-store"],
  );
};

test("in a browser: the visitor is the same on both sites, and the address shows nothing of it", async () => {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(shopPage());
    await page.waitForFunction("window.tr?.flush");
    await Promise.all([page.waitForResponse("**/tr/v1/handover*"), page.hover("#blog")]);
    assert.ok(!(await page.getAttribute("#blog", "href"))?.includes("tp_h"), "not before the click");
    await page.click("#blog");
    await page.waitForURL("**/?x=a%20b&y=1#part");
    await page.waitForFunction("window.tr?.flush");
    await page.evaluate(`(async () => { tr("arrived"); await tr.flush() })()`);
    const stored = () => storedEvents(gateway.data).find(({ name }) => name === "arrived");
    const arrived = await waitFor(stored, "the event on the other site");
    const ids = (await context.cookies())
      .filter(({ name }) => name === "vid")
      .map(({ value }) => value.split(".")[0]);
    assert.deepEqual([ids.length, new Set(ids).size], [2, 1]);
    assert.deepEqual([arrived.property_id, arrived.client_id], ["blog", ids[0]]);
    await page.goBack();
    assert.ok(!(await page.getAttribute("#blog", "href"))?.includes("tp_h"), "not after it");
    assert.ok(!JSON.stringify(storedEvents(gateway.data)).includes("tp_h"));
  } finally {
    await context.close();
  }
});

test("a mark counts once, also for whoever is faster", async () => {
  const vid = newId();
  const mark = await markFor(vid);
  assert.ok(mark.startsWith("tp_h=k2.") && !mark.includes(vid));
  const answers = await Promise.all(Array.from({ length: 10 }, () => arrive(`x=1&${mark}&y=2`)));
  for (const answer of answers) assertTakenOut(answer, "?x=1&y=2");
  assert.deepEqual(answers.map(visitorOf).filter(Boolean), [vid]);
  assert.equal(visitorOf(await arrive(mark)), undefined);
});

test("a mark of another gateway counts where the key is known, by its name", async () => {
  const vid = newId();
  const answer = await arrive(await markFor(vid), { at: other });
  assertTakenOut(answer);
  assert.equal(visitorOf(answer), vid);
});

const refused: readonly (readonly [what: string, arrival: Arrival, host?: string])[] = [
  ["at another host than it was made for", { host: "stranger.localhost" }, "stranger.localhost"],
  ["from a link in a message, without the page it was on", { headers: { referer: "" } }],
  ["from another site's page", { headers: { referer: "https://evil.example/" } }],
  ["in a browser that is somebody already", { headers: { cookie: `vid=${newId()}` } }],
  ["in a browser that does not want to be counted", { headers: { "sec-gpc": "1" } }],
  ["after an opt-out", { headers: { cookie: "tp_optout=1" } }],
  ["as a frame", { headers: { "sec-fetch-dest": "iframe" } }],
  ["by a script", { headers: { "sec-fetch-mode": "cors" } }],
  ["by HEAD", { method: "HEAD" }],
  ["by a bot that shows what a link leads to", { headers: { "user-agent": "Slackbot-LinkExpanding 1.0" } }],
];
for (const [what, arrival, host] of refused) {
  test(`a mark makes nobody anybody ${what}, and is not used up`, async () => {
    const vid = newId();
    const mark = await markFor(vid);
    const answer = await arrive(mark, arrival);
    assertTakenOut(answer, "", host);
    assert.equal(answer.cookies.size, 0);
    assert.equal(visitorOf(await arrive(mark)), vid);
  });
}

test("what is loaded ahead is refused, so that the browser asks again, and the mark still counts", async () => {
  const vid = newId();
  const mark = await markFor(vid);
  for (const headers of [
    { "sec-purpose": "prefetch" },
    { "sec-purpose": "prefetch;prerender" },
    { purpose: "prefetch" },
  ]) {
    const answer = await arrive(mark, { headers });
    assert.deepEqual(
      [answer.status, answer.headers["cache-control"], answer.cookies.size],
      [503, "no-store", 0],
    );
  }
  assert.equal(visitorOf(await arrive(mark)), vid);
});

test("a changed mark is nothing, wherever it is changed", async () => {
  const mark = await markFor(newId());
  const start = "tp_h=".length;
  for (let i = start; i < mark.length; i += 7) {
    const changed = mark.slice(0, i) + (mark[i] === "A" ? "B" : "A") + mark.slice(i + 1);
    const answer = await arrive(changed);
    assertTakenOut(answer);
    assert.equal(visitorOf(answer), undefined, `at ${i}`);
  }
  for (const made of ["tp_h=", "tp_h=k2.", "tp_h=own.AAAA", `tp_h=k2.${"A".repeat(5000)}`, "tp_h=%00"])
    assertTakenOut(await arrive(made));
});

test("where consent is required nobody is taken over before it", async () => {
  const answer = await arrive(await markFor(newId(), "closed.localhost"), { host: "closed.localhost" });
  assert.equal(answer.cookies.size, 0);
});

test("the address it leads to is of the same host, whatever the path", async () => {
  for (const path of ["//evil.example/", "/\\evil.example/", "/%2f%2fevil.example"]) {
    const answer = await ask(`${gateway.url}${path}?tp_h=x`, { headers: { host: "blog.localhost" } });
    const { location } = answer.headers;
    if (answer.status === 302) assert.ok(location?.startsWith("http://blog.localhost/"), location);
  }
});

test("marks are made for the visitor's own pages, and for hosts that the site names", async () => {
  const vid = newId();
  assert.notEqual(await markFor(vid), "");
  for (const to of [
    "stranger.localhost",
    "evil.example",
    "",
    "blog.localhost.evil.example",
    "BLOG.localhost ",
  ])
    assert.equal(await markFor(vid, to), "", to);
  assert.equal(await markFor(vid, "blog.localhost", { origin: "https://evil.example" }), "");
  assert.equal(await markFor(vid, "blog.localhost", { "sec-gpc": "1" }), "");
  assert.equal(await markFor(vid, "blog.localhost", { cookie: "" }), "", "who is nobody yet");
});
