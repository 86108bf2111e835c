/** `tr.share()`: a friend who follows the link is told to have been sent, and nobody learns who sent him. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import type { Event } from "../gateway/model/event.ts";
import type {} from "../tracker-js/api.ts"; // window.tr
import { ask } from "./ask.ts";
import { launchBrowser } from "./browser.ts";
import { type PrivateSites, type Rule, startPrivateSites } from "./private-sites.ts";
import { runTurnpike } from "./program.ts";
import { settle, storedEvents } from "./stored.ts";
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

type Home = "fronted" | "dropIn";

const addressOf = (home: Home, rule: Rule, more: string): string =>
  home === "fronted" ? `${sites.fronted(rule)}/?${more}` : `${sites.dropIn(rule)}&${more}`;

/** Opens a page as somebody new; the page, and the id of the visitor by the rows of an event under this name. */
const visit = async (address: string, event: string): Promise<{ page: Page; view: Event }> => {
  const page = await (await browser.newContext()).newPage();
  await page.goto(address);
  await page.waitForFunction("window.tr?.flush");
  if (address.includes("tag=")) await page.waitForFunction("/(^|; )params=/.test(document.cookie)");
  await page.evaluate(`(async () => { tr("${event}"); await tr.flush() })()`);
  const stored = () => storedEvents(sites.gateway.data).find(({ name }) => name === event);
  return { page, view: await waitFor(stored, event) };
};

const share = (page: Page, url?: string): Promise<string> =>
  page.evaluate((address) => window.tr?.share(address) ?? "", url);

const exported = async (name: string): Promise<Readonly<Record<string, unknown>>> => {
  await settle(sites.gateway.data);
  const { out } = await runTurnpike(["export", "--format", "jsonl", "--data", sites.gateway.data]);
  const rows = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return rows.find((row) => row["name"] === name) ?? {};
};

for (const home of ["fronted", "dropIn"] as const) {
  test(`${home}: a friend comes by a link, his friend by his: generations 1 and 2, and no link shows an id`, async () => {
    const links: string[] = [];
    const people: Event[] = [];
    for (const generation of [0, 1, 2]) {
      const address = links.at(-1) ?? addressOf(home, "assumed", "page=1&gclid=click&utm_source=mail");
      const { page, view } = await visit(address, `${home}${generation}`);
      people.push(view);
      links.push(await share(page));
      assert.equal(await share(page), links.at(-1), "one code a visitor");
      await page.context().close();
    }
    for (const [i, link] of links.entries()) {
      const { searchParams } = new URL(link);
      assert.equal(searchParams.get("page"), "1", "what the site needs stays");
      assert.deepEqual(
        ["utm_source", "gclid", "ref"].filter((name) => searchParams.has(name)),
        [],
        "how the sharer came does not",
      );
      assert.match(searchParams.get("rcode") ?? "", /^[\w-]{35}$/);
      assert.ok(!link.includes(people[i]?.client_id ?? "?"));
      assert.equal(
        people[i]?.ref ?? null,
        people[i - 1]?.client_id ?? null,
        `${people[i]?.name} was sent by`,
      );
    }
    assert.equal(new Set(people.map(({ client_id }) => client_id)).size, 3);
    const rows = [1, 2].map((generation) => exported(`${home}${generation}`));
    assert.deepEqual(
      (await Promise.all(rows)).map((row) => [row["referral_ref"], row["referral_generation"]]),
      [
        [people[0]?.client_id, 1],
        [people[1]?.client_id, 2],
      ],
    );
  });
}

test("who follows his own link has not been sent by himself", async () => {
  const { page } = await visit(addressOf("fronted", "assumed", ""), "own");
  await page.goto(await share(page));
  await page.evaluate(`(async () => { tr("own_again"); await tr.flush() })()`);
  const again = storedEvents(sites.gateway.data).find(({ name }) => name === "own_again");
  assert.equal(again?.ref ?? null, null);
  assert.equal(again?.rcode ?? null, null);
  await page.context().close();
});

test("another page of the site can be shared; what is no address is given back", async () => {
  const { page } = await visit(addressOf("fronted", "assumed", ""), "others");
  const link = new URL(await share(page, "/next?x=1#part"));
  assert.deepEqual([link.origin, link.pathname, link.hash], [new URL(page.url()).origin, "/next", "#part"]);
  assert.ok(link.searchParams.get("rcode"));
  assert.equal(await share(page, "mailto:a@b.example"), "mailto:a@b.example");
  await page.context().close();
});

test("where visitors are not told apart the address stays as it is, and nothing is asked", async () => {
  for (const [rule, tag] of [
    ["required", " data-consent=required"],
    ["cookieless", " data-cookieless"],
  ] as const) {
    for (const address of [`${sites.fronted(rule)}/?`, `${sites.dropIn(rule, tag)}&`]) {
      const page = await (await browser.newContext()).newPage();
      const asked: string[] = [];
      page.on("request", (request) => asked.push(new URL(request.url()).pathname));
      await page.goto(address);
      await page.waitForFunction("window.tr?.flush");
      assert.equal(await share(page), page.url());
      assert.ok(!asked.includes("/tr/v1/share"));
      await page.context().close();
    }
  }
});

test("a page of another site gets no code of the visitor", async () => {
  const host = "assumed.localhost";
  const vid = "01900000-0000-7000-8000-000000000001";
  const question = (headers: Record<string, string>) => ({
    method: "POST",
    body: "/",
    headers: { host, cookie: `vid=${vid}`, ...headers },
  });
  const url = `${sites.gateway.url}/tr/v1/share`;
  assert.equal((await ask(url, question({ origin: "https://evil.example" }))).status, 403);
  assert.equal((await ask(url, { headers: { host } })).status, 405);
  const own = await ask(url, question({ origin: `http://${host}`, referer: `http://${host}/` }));
  assert.match(own.text, /"link":"http:\/\/assumed\.localhost\/\?rcode=/);
  for (const wish of [{ "sec-gpc": "1" }, { cookie: `vid=${vid}; tp_optout=1` }])
    assert.deepEqual(JSON.parse((await ask(url, question(wish))).text), { cookies: [] });
});
