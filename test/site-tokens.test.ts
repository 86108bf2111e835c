/** What a token for some sites opens: their events and numbers, and nothing of the others'. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Overview, PageLoadsOfDay } from "../gateway/model/admin.ts";
import type { Stored } from "../gateway/model/event-store.ts";
import type { TokenInfo } from "../gateway/model/token.ts";
import { ask } from "./ask.ts";
import { adminToken, type Gateway, startGateway } from "./gateway.ts";
import { runTurnpike } from "./program.ts";
import { settle } from "./stored.ts";

const experimentOn = (site: string) => ({
  key: `headline-${site}`,
  site,
  variants: [{ key: "control" }, { key: "b" }],
  goals: [{ key: "purchase", event: "purchase" }],
});

const sites = ["shop", "blog", "docs"];
const viewsOf: Readonly<Record<string, number>> = { shop: 3, blog: 5, docs: 2 };

let gateway: Gateway;
before(async () => {
  gateway = await startGateway({
    config: {
      tls: "off",
      sites: sites.map((id) => ({ id, hosts: [`${id}.example`] })),
      routes: [{ path: "/", respond: { status: 200, body: "hello" } }],
      experiments: sites.map(experimentOn),
    },
  });
  for (const site of sites) {
    for (let n = 0; n < (viewsOf[site] ?? 0); n++) {
      const page = encodeURIComponent(`http://${site}.example/${n}`);
      const headers = { host: `${site}.example` };
      const answer = await ask(`${gateway.url}/tr/v1/?ename=page_view&etyp=page&url=${page}`, { headers });
      assert.equal(answer.status, 200);
    }
  }
  await settle(gateway.data);
});
after(() => gateway.close());

interface Told {
  readonly status: number;
  readonly text: string;
  readonly value: unknown;
}

const asks =
  (token: string) =>
  async (method: string, path: string, body?: object): Promise<Told> => {
    const answer = await ask(`${gateway.adminUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body && { body: JSON.stringify(body) }),
    });
    const isJson = answer.headers["content-type"]?.startsWith("application/json") ?? false;
    return { status: answer.status, text: answer.text, value: isJson ? JSON.parse(answer.text) : null };
  };

const owner = asks(adminToken);

const tokenFor = async (by: typeof owner, token: object): Promise<ReturnType<typeof asks>> => {
  const { status, text, value } = await by("POST", "/api/tokens", token);
  assert.equal(status, 200, text);
  return asks((value as { token: string }).token);
};

const namesOf = ({ value }: Told): readonly string[] =>
  (value as { tokens: readonly TokenInfo[] }).tokens.map(({ name }) => name);

test("events, totals, page loads and experiments are those of its sites", async () => {
  for (const [i, wanted] of [["shop"], ["blog", "docs"], null].entries()) {
    const their = await tokenFor(owner, { name: `reader ${i}`, sites: wanted });
    const isTheirs = (site: string) => wanted === null || wanted.includes(site);
    const views = sites.filter(isTheirs).reduce((sum, site) => sum + (viewsOf[site] ?? 0), 0);
    const overview = (await their("GET", "/api/overview")).value as Overview;
    assert.deepEqual(overview.sites, wanted);
    assert.equal(overview.totals.events, views);
    assert.equal(overview.totals.visitors, views);
    assert.equal(overview.totals.sessions, views);
    assert.equal(overview.newest.length, views);
    assert.equal(overview.perSecond === null, wanted !== null, "counted for all together alone");
    assert.equal(overview.missed === null, wanted !== null);
    assert.match(overview.snippet, new RegExp(`data-site="${wanted?.[0] ?? "shop"}"`));
    const keys = sites.filter(isTheirs).map((site) => `headline-${site}`);
    assert.deepEqual(
      overview.experiments.map(({ key }) => key),
      keys,
    );
    const { experiments } = (await their("GET", "/api/experiments")).value as Pick<Overview, "experiments">;
    assert.deepEqual(
      experiments.map(({ key }) => key),
      keys,
    );
    const { days } = (await their("GET", "/api/page-loads")).value as { days: readonly PageLoadsOfDay[] };
    assert.deepEqual(
      days.map(({ site, otherViews }) => [site, otherViews]),
      sites
        .filter(isTheirs)
        .sort()
        .map((site) => [site, viewsOf[site]]),
    );
  }
});

test("its events come page by page, past those of others", async () => {
  const their = await tokenFor(owner, { name: "pager", sites: ["docs"] });
  const seen: string[] = [];
  for (let after = 0; ; ) {
    const page = (await their("GET", `/api/events?limit=1&after=${after}`)).value as {
      readonly events: readonly Stored[];
      readonly upTo: number;
    };
    seen.push(...page.events.map(({ event }) => event.property_id));
    if (page.upTo === after) break;
    after = page.upTo;
  }
  assert.deepEqual(seen, ["docs", "docs"]);
});

test("what concerns all sites is refused, whatever its role, in a sentence that says why", async () => {
  const their = await tokenFor(owner, { name: "shopkeeper", role: "admin", sites: ["shop", "blog"] });
  for (const [method, path, body] of [
    ["GET", "/metrics"],
    ["POST", "/api/reload"],
    ["POST", "/api/experiments/rebuild"],
    ["POST", "/api/demo/remove"],
    ["POST", "/api/storage/seal"],
    ["POST", "/api/storage/verify"],
    ["POST", "/api/storage/backup", { to: "/tmp/nowhere" }],
  ] as const) {
    const { status, text } = await their(method, path, body);
    assert.equal(status, 403, path);
    assert.match(text, /this needs a token for all sites; yours is for shop, blog/);
  }
  const erase = { column: "client_id", value: crypto.randomUUID() };
  const claim = { visitor: crypto.randomUUID(), user: "u1" };
  for (const [path, body] of [
    ["/api/storage/prune", { before: "2020-01-01" }],
    ["/api/storage/prune", { before: "2020-01-01", site: "docs" }],
    ["/api/storage/erase", erase],
    ["/api/storage/erase", { ...erase, site: null }],
    ["/api/storage/erase", { ...erase, site: "docs" }],
    ["/api/identity/undo", { ...claim, site: "docs" }],
  ] as const) {
    const { status, text } = await their("POST", path, body);
    assert.equal(status, 403, JSON.stringify(body));
    assert.match(text, /site: your token is for shop, blog: name one of these/);
  }
  for (const [path, body] of [
    ["/api/storage/prune", { before: "2020-01-01", site: "blog" }],
    ["/api/storage/erase", { ...erase, site: "shop" }],
    ["/api/identity/undo", { ...claim, site: "shop" }],
  ] as const)
    assert.equal((await their("POST", path, body)).status, 200, path);
});

test("an admin of some sites makes, sees and ends tokens for these alone", async () => {
  const agency = await tokenFor(owner, { name: "agency", role: "admin", sites: ["shop", "blog"] });
  await tokenFor(owner, { name: "for all" });
  await tokenFor(owner, { name: "for docs", sites: ["docs"] });
  await tokenFor(owner, { name: "across", sites: ["docs", "shop"] });
  await tokenFor(agency, { name: "heir" });
  await tokenFor(agency, { name: "for blog", sites: ["blog"] });
  const { tokens } = (await owner("GET", "/api/tokens")).value as { tokens: readonly TokenInfo[] };
  assert.deepEqual(tokens.find(({ name }) => name === "heir")?.sites, ["shop", "blog"]);
  const seen = namesOf(await agency("GET", "/api/tokens"));
  for (const name of ["agency", "heir", "for blog"]) assert.ok(seen.includes(name), name);
  for (const name of ["for all", "for docs", "across", "command line"]) {
    assert.ok(!seen.includes(name), name);
    assert.equal((await agency("DELETE", `/api/tokens/${encodeURIComponent(name)}`)).status, 404, name);
  }
  for (const wish of [["docs"], ["shop", "docs"], null, [], ["shp"], "shop", [1]]) {
    const { status } = await agency("POST", "/api/tokens", { name: "more", sites: wish });
    assert.equal(status, wish === null ? 403 : 400, JSON.stringify(wish));
  }
  const unknown = await owner("POST", "/api/tokens", { name: "typo", sites: ["shp"] });
  assert.equal(unknown.status, 400);
  assert.match(unknown.text, /sites: there is no site shp here: one of shop, blog, docs/);
  assert.equal((await agency("DELETE", "/api/tokens/for%20blog")).status, 200);
  assert.ok(!namesOf(await owner("GET", "/api/tokens")).includes("for blog"));
});

test("the command line makes and lists them", async () => {
  const where = ["--data", gateway.data];
  const made = await runTurnpike(["token", "create", "clerk", "--site", "shop", "--site", "docs", ...where]);
  assert.equal(made.code, 0, made.err);
  const overview = (await asks(made.out.trim())("GET", "/api/overview")).value as Overview;
  assert.deepEqual(overview.sites, ["shop", "docs"]);
  const listed = await runTurnpike(["token", "list", ...where]);
  assert.match(listed.out, /^clerk +read +shop, docs +20/m);
  assert.match(listed.out, /^command line +admin +all +20/m);
  const typo = await runTurnpike(["token", "create", "other", "--site", "shp", ...where]);
  assert.equal(typo.code, 1);
  assert.match(typo.err, /there is no site shp here: one of shop, blog, docs/);
});
