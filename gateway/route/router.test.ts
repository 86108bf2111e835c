import assert from "node:assert/strict";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import type { Handler } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { testExchange } from "../http/test-server.ts";
import { testSite } from "../model/test-site.ts";
import { createRouter } from "./router.ts";

type Spec = readonly [hosts: string, path: string, name: string];

/** Who answers `host/path`: the name of a route or claim, `none`, or the status of a refusal. */
const router = (routes: readonly Spec[], claims: readonly Spec[] = []) => {
  let answered: string | number = "";
  const handler =
    (name: string): Handler =>
    () => {
      answered = name;
    };
  const { handle } = createRouter({
    claims: claims.map(([site, path, owner]) => ({
      path,
      owner,
      sites: site === "*" ? null : [site],
      handler: handler(owner),
    })),
    routes: routes.map(([hosts, path, owner]) => ({
      hosts: hosts.split(" "),
      path,
      owner,
      handler: handler(owner),
    })),
    notFound: handler("none"),
  });
  return (host: string, path: string, site = "main"): string | number => {
    const req = new IncomingMessage(new Socket());
    try {
      void handle({
        ...testExchange(req, new ServerResponse(req)),
        host,
        path,
        site: { ...testSite, id: site },
      });
    } catch (error) {
      assert.ok(error instanceof HttpError, String(error));
      answered = error.status;
    }
    return answered;
  };
};

test("the exact host comes before a wildcard and that before *, then the longest prefix", () => {
  const who = router([
    ["*", "/", "all"],
    ["*", "/api/", "all-api"],
    ["*.example", "/", "wild"],
    ["*.shop.example", "/", "wilder"],
    ["shop.example other.example", "/", "shop"],
    ["shop.example", "/api/", "shop-api"],
    ["shop.example", "/api/", "never: the same again"],
    ["api.example", "/v1", "only-v1"],
  ]);
  const cases: readonly [host: string, path: string, name: string][] = [
    ["nobody.test", "/", "all"],
    ["nobody.test", "/api/x", "all-api"],
    ["", "/", "all"],
    ["shop.example", "/", "shop"],
    ["other.example", "/deep/path", "shop"],
    ["shop.example", "/api/x", "shop-api"],
    ["shop.example", "/api/", "shop-api"],
    ["shop.example", "/api", "shop-api"],
    ["shop.example", "/apix", "shop"],
    ["shop.example", "/API/x", "shop"],
    ["a.example", "/api/x", "wild"],
    ["a.shop.example", "/", "wilder"],
    ["a.b.shop.example", "/", "wilder"],
    ["example", "/", "all"],
    ["xshop.example", "/", "wild"],
    ["api.example", "/v1", "only-v1"],
    ["api.example", "/v1/x", "only-v1"],
    ["api.example", "/v10", "wild"],
  ];
  for (const [host, path, name] of cases) assert.equal(who(host, path), name, host + path);
});

test("what no route has is not found", () => {
  const who = router([["shop.example", "/api/", "api"]]);
  assert.equal(who("shop.example", "/"), "none");
  assert.equal(who("other.example", "/api/"), "none");
});

test("claims answer their path on their sites, and everything else reaches the site", () => {
  const who = router(
    [
      ["*", "/", "site"],
      ["*", "/tr/v1/own/", "inside"],
      ["*", "/track.js", "same"],
    ],
    [
      ["*", "/tr/v1/", "native"],
      ["other", "/g/collect", "ga4"],
      ["other", "/track.js", "script"],
    ],
  );
  assert.equal(who("a", "/tr/v1/"), "native");
  assert.equal(who("a", "/tr/v1"), "native");
  assert.equal(who("a", "/tr/v1/tr/x"), "native");
  assert.equal(who("a", "/tr/v1x"), "site");
  assert.equal(who("a", "/g/collect"), "site");
  assert.equal(who("a", "/g/collect", "other"), "ga4");
  assert.equal(who("a", "/g/collect/", "other"), "site", "an exact claim is exact");
  assert.equal(who("a", "/tr/v1/own/x"), "inside", "a route of the site wins");
  assert.equal(who("a", "/track.js", "other"), "same", "a route of the site wins");
});

test("no way of writing a path gets it past the route it belongs to", () => {
  const who = router(
    [
      ["*", "/", "site"],
      ["*", "/admin/", "admin"],
      ["*", "/naïve/", "naive"],
    ],
    [["*", "/tr/v1/", "native"]],
  );
  const cases: readonly [path: string, answer: string | number][] = [
    // escapes of ordinary characters are the characters (RFC 3986 §6.2.2.2)
    ["/%61dmin/x", "admin"],
    ["/%61%64%6D%69%6e/", "admin"],
    ["/admin%2Fx", 400],
    ["/admin%2fx", 400],
    ["/admin/a%2Fb", "admin"],
    ["/page/a%2Fb", "site"],
    ["/%2Fadmin/x", 400],
    ["//admin/x", 400],
    ["/admin//x", "admin"],
    ["/page//x", "site"],
    ["//", "site"],
    // dot segments in every writing (RFC 3986 §5.2.4)
    ["/page/../admin/", 400],
    ["/page/%2e%2e/admin/", 400],
    ["/page/.%2E/admin/", 400],
    ["/page/%2E./admin/", 400],
    ["/page/..%2Fadmin/", 400],
    ["/page%2F..%2Fadmin", 400],
    ["/page/./admin", 400],
    ["/..", 400],
    ["/.", 400],
    ["/page/..", 400],
    ["/page/..;/admin/", 400],
    ["/page/..;x=1/admin/", 400],
    ["/page/.%2e;/admin", 400],
    ["/admin;x=1/y", 400],
    ["/page;x=1/y", "site"],
    ["/page/a;b", "site"],
    ["/page/..x/y", "site"],
    ["/page/...", "site"],
    ["/.well-known/x", "site"],
    // double escapes are decoded once, here and behind us
    ["/page/%252e%252e/admin", "site"],
    ["/%2561dmin/", "site"],
    // what some servers take for a slash, or for the end
    ["/page\\..\\admin", 400],
    ["/page/%5c..%5cadmin", 400],
    ["/%5Cadmin/", 400],
    ["/admin%00/x", 400],
    ["/page\0", 400],
    // broken escapes
    ["/page/%", 400],
    ["/page/%4", 400],
    ["/page/%zz", 400],
    ["/page/%u002e", 400],
    // other encodings than UTF-8 are only bytes
    ["/na%C3%AFve/x", "naive"],
    ["/na%EFve/x", "site"],
    ["/page/%E9", "site"],
    ["/%c0%ae%c0%ae/admin", "site"],
    ["/tr%2Fv1/", 400],
    ["/%74r/v1/x", "native"],
    ["/tr/v1/u/https%3A%2F%2Fshop.example%2Fp", "native"],
    ["/tr/v1/u//x", "native"],
  ];
  for (const [path, answer] of cases) assert.equal(who("a", path), answer, JSON.stringify(path));
});

test("many made-up hosts do not fill the memory or change the answer", () => {
  const who = router([
    ["*", "/", "all"],
    ["shop.example", "/", "shop"],
  ]);
  for (let i = 0; i < 3000; i++) assert.equal(who(`h${i}.test`, "/"), "all");
  assert.equal(who("shop.example", "/"), "shop");
});
