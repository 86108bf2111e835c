import assert from "node:assert/strict";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import type { Exchange } from "../http/exchange.ts";
import { testExchange } from "../http/test-server.ts";
import {
  addForwarded,
  applyEdits,
  dropExpect,
  dropOwn,
  requestPasses,
  upstreamHeaders,
} from "./request-passes.ts";

const rules = { isTrusted: () => false, stripCookies: ["tp_admin"] };
const trusting = { ...rules, isTrusted: () => true };

/** An exchange whose request has these raw headers and comes from 192.0.2.1. */
const exchange = (rawHeaders: readonly string[] = []): Exchange => {
  const socket = new Socket();
  Object.defineProperty(socket, "remoteAddress", { value: "::ffff:192.0.2.1" });
  const req = new IncomingMessage(socket);
  req.rawHeaders = [...rawHeaders];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    req.headers[(rawHeaders[i] ?? "").toLowerCase()] = rawHeaders[i + 1];
  }
  return { ...testExchange(req, new ServerResponse(req)), id: "id-1" };
};

test("Expect stays with us", () => {
  assert.deepEqual(dropExpect(["expect", "100-continue", "a", "1"], exchange(), rules), ["a", "1"]);
});

test("whose certificate it is, only a trusted proxy may say", () => {
  const pairs = ["x-client-cert-subject", "CN=root", "x-client-cert-new", "1", "a", "1"];
  assert.deepEqual(dropOwn(pairs, exchange(), rules), ["a", "1"]);
  assert.deepEqual(dropOwn(pairs, exchange(), trusting), pairs);
});

test("what a layer has put in stays, whatever it is called, and the client's own of that name is gone", () => {
  const x = exchange([
    "X-Forwarded-User",
    "root",
    "X-Client-Cert-Subject",
    "CN=root",
    "X-Real-IP",
    "6.6.6.6",
  ]);
  x.requestEdits.set("x-forwarded-user", "ann").set("x-client-cert-subject", "CN=ann");
  const pairs = upstreamHeaders(x, rules);
  assert.deepEqual(pairs.slice(0, 4), ["x-forwarded-user", "ann", "x-client-cert-subject", "CN=ann"]);
  assert.equal(pairs.includes("root") || pairs.includes("CN=root") || pairs.includes("x-real-ip"), false);
});

test("a client cannot send the assignment header, nor our own cookies upstream", () => {
  const cases: readonly [pairs: string[], left: string[]][] = [
    [
      ["x-experiment", "a=b", "a", "1"],
      ["a", "1"],
    ],
    [
      ["cookie", "vid=1; tp_admin=s; b=2"],
      ["cookie", "vid=1; b=2"],
    ],
    [["cookie", "tp_admin=s"], []],
    [["cookie", "tp_admin=s;tp_admin=t"], []],
    [["cookie", "tp_admin"], []],
    [
      ["cookie", "a=1", "cookie", "tp_admin=s"],
      ["cookie", "a=1"],
    ],
    [
      ["cookie", "my_tp_admin=1; tp_admin2=2; x=tp_admin=3"],
      ["cookie", "my_tp_admin=1; tp_admin2=2; x=tp_admin=3"],
    ],
    [
      ["a", "cookie", "b", "tp_admin=s"],
      ["a", "cookie", "b", "tp_admin=s"],
    ],
    [
      ["cookie", "a=1;  b=2 ;tp_admin = s"],
      ["cookie", "a=1; b=2"],
    ],
  ];
  for (const [pairs, left] of cases)
    assert.deepEqual(dropOwn(pairs, exchange(), rules), left, pairs.join(" "));
});

test("cookies stay byte for byte where nothing of ours is in them", () => {
  const pairs = ["cookie", "a=1;b=2;;  c"];
  assert.equal(dropOwn(pairs, exchange(), rules), pairs);
});

test("edits of layers replace, add and remove", () => {
  const x = exchange();
  x.requestEdits.set("a", "new").set("b", null).set("c", "added");
  assert.deepEqual(applyEdits(["a", "1", "b", "2", "a", "3", "d", "4"], x, rules), [
    "d",
    "4",
    "a",
    "new",
    "c",
    "added",
  ]);
});

test("an untrusted client's word about itself is replaced", () => {
  const claims = [
    ["X-Forwarded-For", "6.6.6.6"],
    ["X-Forwarded-For", "7.7.7.7"],
    ["X-Forwarded-Host", "evil.example"],
    ["X-Forwarded-Proto", "https"],
    ["X-Forwarded-Port", "443"],
    ["X-Forwarded-Prefix", "/x"],
    ["Forwarded", "for=6.6.6.6"],
    ["X-Real-IP", "6.6.6.6"],
    ["X-Client-IP", "6.6.6.6"],
    ["CF-Connecting-IP", "6.6.6.6"],
    ["True_Client_IP", "6.6.6.6"],
    ["X-Request-Id", "mine"],
    ["Proxy", "http://6.6.6.6"],
  ].flat();
  const x = exchange(["Host", "shop.example:8080", ...claims, "X-Other", "1"]);
  assert.deepEqual(upstreamHeaders(x, rules), [
    "host",
    "shop.example:8080",
    "x-other",
    "1",
    "x-forwarded-for",
    "192.0.2.1",
    "x-forwarded-host",
    "shop.example:8080",
    "x-forwarded-proto",
    "http",
    "x-request-id",
    "id-1",
  ]);
});

test("a claim with underscores for dashes, which CGI reads alike, goes too; other such names stay", () => {
  const x = exchange(
    [
      ["Host", "a"],
      ["X_Forwarded_For", "6.6.6.6"],
      ["X-Forwarded_Proto", "https"],
      ["X_Real_IP", "6.6.6.6"],
      ["X_Request_ID", "mine"],
      ["X_Experiment", "pricing=b"],
      ["X_Client_Cert_Subject", "CN=boss"],
      ["X_User", "boss"],
      ["my_field", "1"],
    ].flat(),
  );
  x.requestEdits.set("x-user", "ann");
  assert.deepEqual(upstreamHeaders(x, rules).slice(0, 6), ["host", "a", "my_field", "1", "x-user", "ann"]);
});

test("a trusted proxy's word is kept, and its address added", () => {
  const said = ["x-forwarded-proto", "https", "x-forwarded-host", "a", "x-request-id", "theirs"];
  const way = ["x-forwarded-for", "198.51.100.7", "forwarded", "for=198.51.100.7;proto=https"];
  const x = exchange(["host", "b:8080", ...way, ...said]);
  assert.deepEqual(addForwarded(x.req.rawHeaders, x, trusting), [
    "host",
    "b:8080",
    ...said,
    "x-forwarded-for",
    "198.51.100.7, 192.0.2.1",
    "forwarded",
    'for=198.51.100.7;proto=https, for=192.0.2.1;host="b:8080";proto=http',
  ]);
  const silent = exchange(["host", "a"]);
  assert.deepEqual(addForwarded(["host", "a"], silent, trusting), [
    "host",
    "a",
    "x-forwarded-for",
    "192.0.2.1",
    "x-forwarded-host",
    "a",
    "x-forwarded-proto",
    "http",
    "x-request-id",
    "id-1",
  ]);
});

test("no pass changes what it was given", () => {
  const raw = [
    "Connection",
    "x-y",
    "X-Y",
    "1",
    "Cookie",
    "tp_admin=1; a=2",
    "Expect",
    "100-continue",
    "Host",
    "a",
  ];
  const x = exchange(raw);
  x.requestEdits.set("host", "b");
  let pairs: readonly string[] = Object.freeze(
    x.req.rawHeaders.map((text, i) => (i % 2 ? text : text.toLowerCase())),
  );
  for (const pass of requestPasses) pairs = Object.freeze(pass(pairs, x, rules));
  upstreamHeaders(x, rules);
  assert.deepEqual(x.req.rawHeaders, raw);
});

test("a client cannot nominate away what we add, and a layer's assignment header arrives", () => {
  const x = exchange([
    "Host",
    "a",
    "Connection",
    "x-forwarded-for, x-experiment, host",
    "X-Experiment",
    "forged",
  ]);
  x.requestEdits.set("x-experiment", "pricing=b");
  const pairs = upstreamHeaders(x, rules);
  assert.deepEqual(pairs.slice(0, 6), [
    "host",
    "a",
    "x-experiment",
    "pricing=b",
    "x-forwarded-for",
    "192.0.2.1",
  ]);
});
