import assert from "node:assert/strict";
import { test } from "node:test";
import { testSite } from "../model/test-site.ts";
import { createSiteFinder } from "./find-site.ts";
import { hostsMeet } from "./host-table.ts";
import { describeRoutes, findOverlaps } from "./overlaps.ts";

const sites = [
  { id: "main", hosts: ["*"] },
  { id: "shop", hosts: ["shop.example", "*.shop.example"] },
];
const claims = [
  { path: "/tr/v1/", sites: null, owner: "native" },
  { path: "/track.js", sites: null, owner: "script" },
  { path: "/g/collect", sites: ["shop"], owner: "ga4" },
];
const route = (path: string, hosts = ["*"]) => ({ path, hosts, owner: "proxy http://127.0.0.1:3000" });

test("a route at or inside a claim is an overlap, one around it is not", () => {
  const cases: readonly [path: string, hosts: string[], owners: string[]][] = [
    ["/", ["*"], []],
    ["/tr/", ["*"], []],
    ["/tr/v1/", ["*"], ["native"]],
    ["/tr/v1", ["*"], ["native"]],
    ["/tr/v1/foo/", ["*"], ["native"]],
    ["/tr/v10/", ["*"], []],
    ["/track.js", ["*"], ["script"]],
    ["/track.js.map", ["*"], []],
    ["/g/collect", ["*"], ["ga4"]],
    ["/g/collect", ["shop.example"], ["ga4"]],
    ["/g/collect", ["a.shop.example"], ["ga4"]],
    ["/g/collect", ["other.example"], []],
  ];
  for (const [path, hosts, owners] of cases) {
    const found = findOverlaps(claims, [route(path, hosts)], sites);
    assert.equal(found.length, owners.length, `${path} on ${hosts}`);
    for (const [i, owner] of owners.entries()) assert.ok(found[i]?.includes(`(${owner})`), found[i]);
  }
});

test("the sentence names both sides", () => {
  assert.deepEqual(findOverlaps(claims, [route("/tr/v1/foo/"), route("/track.js")], sites), [
    "route /tr/v1/foo/ (proxy http://127.0.0.1:3000) takes a path inside /tr/v1/ that Turnpike answers itself (native): move one of them",
    "route /track.js (proxy http://127.0.0.1:3000) takes the path that Turnpike answers itself (script): move one of them",
  ]);
});

test("the list says who answers what", () => {
  assert.deepEqual(describeRoutes(claims, [route("/")], sites), [
    { hosts: "*, shop.example, *.shop.example", path: "/tr/v1/", answeredBy: "turnpike (native)" },
    { hosts: "*, shop.example, *.shop.example", path: "/track.js", answeredBy: "turnpike (script)" },
    { hosts: "shop.example, *.shop.example", path: "/g/collect", answeredBy: "turnpike (ga4)" },
    { hosts: "*", path: "/", answeredBy: "proxy http://127.0.0.1:3000" },
  ]);
});

test("two host patterns meet if a host answers to both", () => {
  const cases: readonly [a: string, b: string, meet: boolean][] = [
    ["*", "a.example", true],
    ["a.example", "a.example", true],
    ["a.example", "b.example", false],
    ["*.example", "a.example", true],
    ["*.example", "example", false],
    ["*.example", "*.shop.example", true],
    ["*.example", "*.test", false],
    ["*.shop.example", "*.xshop.example", false],
    ["*", "*.example", true],
  ];
  for (const [a, b, meet] of cases) {
    assert.equal(hostsMeet(a, b), meet, `${a} and ${b}`);
    assert.equal(hostsMeet(b, a), meet, `${b} and ${a}`);
  }
});

test("a site is found by its most exact host, and no site is null", () => {
  const siteOf = createSiteFinder([
    { ...testSite, id: "wild", hosts: ["*.example"] },
    { ...testSite, id: "shop", hosts: ["shop.example", "[::1]"] },
    { ...testSite, id: "later", hosts: ["shop.example"] },
  ]);
  const ids = ["shop.example", "a.example", "[::1]", "example", ""].map((host) => siteOf(host)?.id ?? null);
  assert.deepEqual(ids, ["shop", "wild", "shop", null, null]);
});
