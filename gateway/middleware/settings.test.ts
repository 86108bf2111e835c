import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { middlewareFields } from "./settings.ts";

const hash = `$scrypt$ln=15,r=8,p=3$${"A".repeat(22)}$${"A".repeat(43)}`;

const schema = z.strictObject(middlewareFields);

test("settings that would let somebody in, or lead elsewhere, by mistake are refused", () => {
  const cases: readonly [what: string, settings: object][] = [
    ["nobody is allowed by an empty list", { allow: [] }],
    ["no range", { deny: ["10.0.0.0/40"] }],
    ["a plain password", { basicAuth: { users: { ann: "secret" } } }],
    ["no users", { basicAuth: { users: {} } }],
    ["a name with a colon", { basicAuth: { users: { "a:b": hash } } }],
    ["a realm with a quote", { basicAuth: { users: { ann: hash }, realm: 'a"b' } }],
    ["an open redirect", { redirect: [{ pattern: "^/(.*)$", to: "//$1" }] }],
    ["a host of the client's choice", { redirect: [{ pattern: "^/(.*)$", to: "https://$1" }] }],
    ["no expression", { redirect: [{ pattern: "(", to: "/" }] }],
    ["an expression that takes for ever", { redirect: [{ pattern: "^(a+)+$", to: "/" }] }],
    ["a status that does not lead anywhere", { redirect: [{ pattern: "^/", to: "/", status: 200 }] }],
    ["a header in two lines", { respond: { headers: { a: "b\r\nc: d" } } }],
    ["a header of the connection", { respond: { headers: { "Transfer-Encoding": "chunked" } } }],
    [
      "a header of the connection, copied",
      { forwardAuth: { url: "http://a/", copyHeaders: ["Content-Length"] } },
    ],
    ["a header of our own, copied", { forwardAuth: { url: "http://a/", copyHeaders: ["X-Forwarded-For"] } }],
    ["a header of our own, with a name", { basicAuth: { users: { ann: hash }, userHeader: "Host" } }],
    ["a password in a URL", { forwardAuth: { url: "http://a:b@c/" } }],
    ["no URL", { forwardAuth: { url: "a" } }],
    ["a mirror with a path", { mirror: { upstream: "http://a/b" } }],
    ["a page for what is no error", { errorPages: { "200": "a.html" } }],
  ];
  for (const [what, settings] of cases) assert.equal(schema.safeParse(settings).success, false, what);
});

test("the same settings without the mistake are taken", () => {
  const settings = {
    allow: ["10.0.0.0/8", "::1"],
    basicAuth: { users: { ann: hash }, realm: "a b", userHeader: "X-User" },
    redirect: [{ pattern: "^/(.*)$", to: "/x/$1", status: 301 }],
    respond: { headers: { a: "b" } },
    forwardAuth: { url: "http://a/b?c", copyHeaders: ["X-User", "Authorization"] },
    mirror: { upstream: "unix:/run/copy.sock" },
    errorPages: { "404": "a.html" },
  };
  assert.equal(schema.safeParse(settings).success, true);
});

test("without settings there is nothing before an answer", () => {
  assert.deepEqual(schema.parse({}), { compress: false, interceptErrors: false });
});
