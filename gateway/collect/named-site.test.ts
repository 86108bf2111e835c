import assert from "node:assert/strict";
import { test } from "node:test";
import { createNative } from "../decode/native/native.ts";
import { createSiteNamer, forNamedSites } from "./named-site.ts";
import type { CollectRequest } from "./request.ts";
import { collectorOver, createStore, headerOf, nativeOptions, requestOf, site } from "./test-collector.ts";

const shop = { ...site, id: "shop", hosts: ["shop.example", "*.shop.example"] };
const blog = { ...site, id: "blog", hosts: ["blog.example"] };
const any = { ...site, id: "any", hosts: ["*"] };
const quiet = { ...site, id: "quiet", hosts: ["quiet.example"], protocols: ["ga4"] };
const nameSite = createSiteNamer([shop, blog, any, quiet]);
const host = "t.example";

const ask = (query: string, origin?: string, asked = any) =>
  nameSite({ site: asked, host, query, headers: { origin } });

test("the site that a page names counts where the page lies on one of its hosts", () => {
  const table: readonly (readonly [name: string, origin: string, site: string])[] = [
    ["shop", "https://shop.example", "shop"],
    ["shop", "https://www.shop.example:8443", "shop"],
    ["blog", "https://blog.example", "blog"],
    ["any", "https://blog.example", "any"],
    ["blog", "https://shop.example", "any"],
    ["blog", "https://blog.example.evil.example", "any"],
    ["blog", "https://evil-blog.example", "any"],
    ["blog", "null", "any"],
    ["blog", "https://", "any"],
    ["quiet", "https://quiet.example", "any"],
    ["nobody", "https://blog.example", "any"],
    ["__proto__", "https://blog.example", "any"],
    ["Blog", "https://blog.example", "any"],
    ["", "https://blog.example", "any"],
  ];
  for (const [name, origin, expected] of table) {
    assert.equal(ask(`tp_site=${name}&tp_consent=`, origin).site.id, expected, `${name} of ${origin}`);
  }
  assert.equal(ask("tp_consent=&tp_site=blog", "https://blog.example").site.id, "blog");
  assert.equal(ask("xtp_site=blog", "https://blog.example").site.id, "any");
  assert.equal(ask("tp_site=blog").site.id, "any", "no page said it");
});

test("a site of all hosts may be named by any page but those of the host that was asked, which has a site", () => {
  assert.equal(ask("tp_site=any", "https://elsewhere.example", shop).site.id, "any");
  assert.equal(ask("tp_site=any", `https://${host}`, shop).site.id, "shop");
});

test("why a name does not count is said in words, and nothing where it does or where none was named", () => {
  const problems = [
    ask("tp_site=nobody", "https://blog.example"),
    ask("tp_site=blog", "https://evil.example"),
    ask("tp_site=blog"),
    ask("tp_site=quiet", "https://quiet.example"),
  ].map(({ problem }) => problem);
  assert.deepEqual(problems, [
    'there is no site "nobody": kept for "any"',
    'site "blog" has no host of https://evil.example: kept for "any"',
    'site "blog" is named by no page: the request has no Origin: kept for "any"',
    'site "quiet" takes no events of the script: kept for "any"',
  ]);
  for (const query of ["", "tp_site=", "tp_site=any", "tp_site=blog"])
    assert.equal(ask(query, "https://blog.example").problem, undefined, query);
});

const take = async (parts: Partial<CollectRequest>) => {
  const store = createStore();
  const inner = collectorOver(createNative(nativeOptions), store);
  const request = requestOf({
    site: any,
    host,
    body: `{"events":[{"ename":"a"},{"ename":"b","uid":"u-1"}]}`,
    ...parts,
  });
  const answer = await forNamedSites(inner, nameSite).take(request);
  return { answer, events: store.kept.map(({ event }) => event) };
};

test("events are stored for the site that their page names, which may read the answer", async () => {
  const { answer, events } = await take({
    query: "tp_site=blog&tp_consent=",
    headers: { origin: "https://blog.example" },
  });
  assert.deepEqual(
    events.map(({ property_id, problems, properties }) => [property_id, problems ?? [], properties ?? {}]),
    [
      ["blog", [], {}],
      ["blog", [], {}],
    ],
    "how the site was told is no property",
  );
  assert.equal(headerOf(answer, "access-control-allow-origin"), "https://blog.example");
});

test("a page that names another's site fills the reports of neither, and says nobody's name", async () => {
  const parts = { query: "tp_site=blog", headers: { origin: "https://evil.example" } };
  const { answer, events } = await take({ ...parts, site: shop });
  assert.equal(answer.status, 200);
  assert.deepEqual(
    events.map(({ property_id, user_id }) => [property_id, user_id ?? null]),
    [
      ["shop", null],
      ["shop", null],
    ],
  );
  for (const { problems } of events) {
    assert.deepEqual(
      problems?.map(({ field }) => field).filter((field) => field !== "user_id"),
      ["site", "origin"],
    );
  }
  assert.equal(headerOf(answer, "access-control-allow-credentials"), undefined);
});
