import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { Exchange } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import type { Role } from "../model/token.ts";
import { createAuth } from "./auth.ts";
import type { KnownToken } from "./known-tokens.ts";

const tokenOf = (role: Role): KnownToken => ({
  hash: createHash("sha256").update(`${role}-token`).digest("hex"),
  name: role,
  role,
  sites: null,
});

const open = () => {
  let tokens: readonly KnownToken[] = [tokenOf("read"), tokenOf("write"), tokenOf("admin")];
  let now = Date.UTC(2026, 0, 1);
  const make = (secret: string) =>
    createAuth({ secret: Buffer.from(secret), clock: () => now, tokens: () => tokens });
  return {
    auth: make("secret"),
    other: make("another"),
    wait: (ms: number) => {
      now += ms;
    },
    narrow: (role: Role, sites: readonly string[]) => {
      tokens = tokens.map((token) => (token.role === role ? { ...token, sites } : token));
    },
    revoke: (role: Role) => {
      tokens = tokens.filter((token) => token.role !== role);
    },
  };
};

type Asked = Readonly<Record<string, string>>;

const exchange = (headers: Asked, method = "GET", secure = false): Exchange =>
  ({
    req: { method, headers: { host: "127.0.0.1:8081", ...headers } },
    secure,
    site: { id: "main" },
  }) as unknown as Exchange; // what is read of it

/** What becomes of a request that needs this role: its status. */
const statusOf = (auth: ReturnType<typeof createAuth>, x: Exchange, role: Role = "read"): number => {
  try {
    auth.demand(x, role);
    return 200;
  } catch (error) {
    if (error instanceof HttpError) return error.status;
    throw error;
  }
};

const cookieOf = (given: string | null): string => given?.split(";")[0] ?? "none";
const own = { "sec-fetch-site": "same-origin" };
const minute = 60_000;

test("a token opens what its role and those below may do, and nothing above", () => {
  const { auth, revoke } = open();
  const roles = ["read", "write", "admin"] as const;
  for (const [i, have] of roles.entries()) {
    for (const [j, wanted] of roles.entries()) {
      const x = exchange({ authorization: `Bearer ${have}-token` });
      assert.equal(statusOf(auth, x, wanted), i >= j ? 200 : 403, `${have} for ${wanted}`);
      assert.equal(auth.holdsToken(x, wanted), i >= j);
    }
  }
  revoke("read");
  assert.equal(statusOf(auth, exchange({ authorization: "Bearer read-token" })), 401);
});

test("what a token is for goes with it, by header and by cookie, and with its cookie only as long as it is", () => {
  const { auth, narrow } = open();
  const bearer = exchange({ authorization: "Bearer write-token" });
  const cookie = exchange({ ...own, cookie: cookieOf(auth.signIn({ token: "write-token" })) });
  assert.equal(auth.demand(bearer, "read"), null);
  assert.equal(auth.demand(cookie, "read"), null);
  for (const sites of [["main", "blog"], ["blog"]]) {
    narrow("write", sites);
    assert.deepEqual(auth.demand(bearer, "read"), sites);
    assert.deepEqual(auth.demand(cookie, "read"), sites);
    assert.equal(auth.holdsToken(bearer, "read"), sites.includes("main"), "the site that was asked counts");
  }
  const link = exchange({ ...own, cookie: cookieOf(auth.signIn({ code: auth.newCode() })) });
  assert.equal(auth.demand(link, "admin"), null);
});

test("the scheme of a token is read in any case, and what is no token is nobody's", () => {
  const { auth } = open();
  const cookie = cookieOf(auth.signIn({ token: "admin-token" }));
  for (const [authorization, status] of [
    ["bearer read-token", 200],
    ["BEARER   read-token ", 200],
    ["Bearer read-token2", 401],
    ["Bearer ", 401],
    ["read-token", 401],
    ["Basic read-token", 401],
    ["xBearer read-token", 401],
  ] as const) {
    assert.equal(statusOf(auth, exchange({ authorization })), status, authorization);
  }
  const both = exchange({ ...own, cookie, authorization: "Bearer wrong" });
  assert.equal(statusOf(auth, both), 401, "a wrong token is not made good by a cookie");
});

test("a cookie counts only where the dashboard's own page asks", () => {
  const { auth } = open();
  const cookie = cookieOf(auth.signIn({ token: "read-token" }));
  const here = "http://127.0.0.1:8081";
  for (const [method, headers, status, secure] of [
    ["GET", own, 200],
    ["HEAD", own, 200],
    ["GET", { ...own, origin: here }, 200],
    ["POST", { ...own, origin: here }, 200],
    ["POST", own, 403],
    ["DELETE", own, 403],
    ["GET", {}, 403],
    ["GET", { "sec-fetch-site": "same-site" }, 403],
    ["GET", { "sec-fetch-site": "none" }, 403],
    ["POST", { "sec-fetch-site": "cross-site", origin: here }, 403],
    ["POST", { origin: here }, 403],
    ["POST", { ...own, origin: "http://127.0.0.1:8082" }, 403],
    ["POST", { ...own, origin: "https://127.0.0.1:8081" }, 403],
    ["POST", { ...own, origin: "https://127.0.0.1:8081" }, 200, true],
    ["POST", { ...own, origin: "null" }, 403],
    ["GET", { ...own, origin: "https://evil.example" }, 403],
  ] satisfies [string, Asked, number, boolean?][]) {
    const x = exchange({ cookie, ...headers }, method, secure);
    assert.equal(statusOf(auth, x), status, `${method} ${JSON.stringify(headers)}`);
    assert.equal(auth.holdsToken(x, "read"), false, "a cookie is no token");
  }
});

test("a cookie ends after twelve hours, with its token, and says what was signed", () => {
  const { auth, other, wait, revoke } = open();
  const read = cookieOf(auth.signIn({ token: "read-token" }));
  const write = cookieOf(auth.signIn({ token: "write-token" }));
  const ask = (cookie: string, role: Role = "read") => statusOf(auth, exchange({ ...own, cookie }), role);
  assert.deepEqual([ask(read), ask(read, "write"), ask(write, "write")], [200, 403, 200]);
  for (const wrong of [
    read.replace("read", "admin"),
    read.slice(0, -1),
    read.replace(/\.\d{13}\./, ".9999999999999."),
    cookieOf(other.signIn({ token: "read-token" })),
    `tp_admin=${read.slice(-43)}`,
    `tp_admin=read..9999999999999.${"%C3%A9".repeat(43)}`,
    "tp_admin=",
    "tp_admin=%",
  ]) {
    assert.equal(ask(wrong), 401, wrong);
  }
  assert.equal(ask(`tp_admin=wrong; ${read}`), 200, "of several the one that is signed");
  revoke("write");
  assert.equal(ask(write), 401);
  wait(12 * 60 * minute);
  assert.equal(ask(read), 200);
  wait(1);
  assert.equal(ask(read), 401);
});

test("a code signs in once, for a quarter of an hour, and the latest hundred are kept", () => {
  const { auth, wait } = open();
  const code = auth.newCode();
  const cookie = cookieOf(auth.signIn({ code }));
  assert.equal(statusOf(auth, exchange({ ...own, cookie }), "admin"), 200);
  assert.equal(auth.signIn({ code }), null);
  const late = auth.newCode();
  wait(15 * minute);
  assert.equal(auth.signIn({ code: late }), null);
  const codes = Array.from({ length: 101 }, () => auth.newCode());
  assert.equal(auth.signIn({ code: codes[0] ?? "" }), null);
  wait(15 * minute - 1);
  assert.ok(auth.signIn({ code: codes[1] ?? "" }));
  assert.equal(auth.signIn({ token: "made-up" }), null);
  assert.equal(auth.signIn({}), null);
});
