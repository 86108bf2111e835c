import assert from "node:assert/strict";
import { test } from "node:test";
import type { Upgrade } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { guardByPassword } from "./basic-auth.ts";
import { hashPassword } from "./password-hash.ts";

const settings = async () => ({
  users: { ann: await hashPassword("a", { ln: 10, r: 8, p: 1 }) },
  realm: "r",
  passOn: false,
  userHeader: null,
});

/** What the guard reads of a request. */
const asking = (credentials: string): Upgrade =>
  ({
    req: { headers: { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` } },
    requestEdits: new Map(),
  }) as unknown as Upgrade;

const statusOf = async (verdict: unknown): Promise<number> => {
  try {
    await verdict;
    return 200;
  } catch (error) {
    return error instanceof HttpError ? error.status : 500;
  }
};

test("what was right once is right at once, what was wrong is worked out each time", async () => {
  const guard = guardByPassword(await settings());
  const first = guard(asking("ann:a"));
  assert.ok(first instanceof Promise);
  assert.equal(await first, null);
  assert.equal(guard(asking("ann:a")), null);
  for (const credentials of ["ann:b", "ann:b", "eve:a", "eve:a"]) {
    const verdict = guard(asking(credentials));
    assert.ok(verdict instanceof Promise, credentials);
    assert.equal(await statusOf(verdict), 401, credentials);
  }
});

test("passwords tried in numbers wait in a line of a fixed length, and those beyond it are put off with 503", async () => {
  const guard = guardByPassword(await settings());
  const tries = Array.from({ length: 100 }, (_, i) => statusOf(guard(asking(`ann:wrong ${i}`))));
  const statuses = await Promise.all(tries);
  assert.equal(statuses.filter((status) => status === 401).length, 66);
  assert.equal(statuses.filter((status) => status === 503).length, 34);
  assert.equal(await statusOf(guard(asking("ann:a"))), 200);
});

test("one password that is asked about many times at once is worked out once", async () => {
  const guard = guardByPassword(await settings());
  const statuses = await Promise.all(Array.from({ length: 100 }, () => statusOf(guard(asking("ann:a")))));
  assert.deepEqual([...new Set(statuses)], [200]);
});

test("what cannot be credentials is asked about again, and not worked out", async () => {
  const guard = guardByPassword(await settings());
  const cases = [
    "Basic",
    "Basic !!!",
    "Bearer YTph",
    "Basic YQ==",
    "Basic YW5uOmE= x",
    `Basic ${"A".repeat(5000)}`,
  ];
  for (const authorization of cases) {
    const x = { req: { headers: { authorization } }, requestEdits: new Map() } as unknown as Upgrade;
    assert.throws(() => guard(x), { status: 401 }, authorization.slice(0, 40));
  }
});

test("a password may hold colons, a name may not", async () => {
  const hash = (password: string) => hashPassword(password, { ln: 10, r: 8, p: 1 });
  const guard = guardByPassword({
    ...(await settings()),
    users: { ann: await hash("a:b:"), bob: await hash("") },
  });
  for (const [credentials, status] of [
    ["ann:a:b:", 200],
    ["ann:a:b", 401],
    ["ann:a", 401],
    ["ann:a:b::", 401],
    ["bob:", 200],
    ["bob::", 401],
    [":", 401],
  ] as const)
    assert.equal(await statusOf(guard(asking(credentials))), status, credentials);
});
