import assert from "node:assert/strict";
import { test } from "node:test";
import { createBalancer } from "./balancer.ts";
import { createStandings } from "./standings.ts";
import type { Pool } from "./upstream/pool.ts";

interface FakePool extends Pool {
  load: number;
}

const fakePool = (url: string): FakePool => ({
  endpoint: { url, host: url, opened: "connect", connect: () => assert.fail("nobody connects here") },
  load: 0,
  dispatch: () => true,
  forget: () => false,
  close: async () => {},
});

const open = (balance: string, weights: readonly number[] = [1, 1, 1]) => {
  const pools = weights.map((_, i) => fakePool(`http://up${i}`));
  const clock = { now: 0 };
  const changes: string[] = [];
  const standings = createStandings();
  const balancer = createBalancer({
    members: pools.map((pool, i) => ({ pool, weight: weights[i] ?? 1, standing: standings.take(`${i}`) })),
    balance,
    failures: 2,
    pauseMs: 1000,
    now: () => clock.now,
    loadOf: ({ load }) => load,
    onChange: ({ endpoint }, isUp) => changes.push(`${endpoint.url.slice(-1)} ${isUp ? "up" : "out"}`),
  });
  const at = (i: number): FakePool => pools[i] ?? assert.fail();
  const order = (times: number, key: string | null = null) =>
    Array.from({ length: times }, () => balancer.next(key, [])?.endpoint.url.slice(-1)).join("");
  return { balancer, pools, at, clock, changes, order };
};

test("upstreams come in turn, each as often as its weight", () => {
  assert.equal(open("round-robin").order(6), "012012");
  const weighted = open("round-robin", [5, 1, 1]).order(7);
  assert.deepEqual([...weighted].sort().join(""), "0000012");
  assert.ok(!weighted.includes("00000"), "spread out, not in a row");
});

test("the least busy comes next", () => {
  const { at, order } = open("least-connections");
  at(0).load = 2;
  at(1).load = 1;
  at(2).load = 1;
  assert.equal(order(4), "1212");
  at(1).load = 3;
  assert.equal(order(2), "22");
});

test("one key stays at one upstream, and moves only when that one is out", () => {
  const { balancer, at, order } = open("key");
  const keys = Array.from({ length: 300 }, (_, i) => `visitor ${i}`);
  const before = keys.map((key) => order(1, key));
  assert.deepEqual(
    keys.map((key) => order(1, key)),
    before,
  );
  for (const n of ["0", "1", "2"])
    assert.ok(before.filter((at) => at === n).length > 60, "about a third each");
  balancer.judge(at(1), false);
  const after = keys.map((key) => order(1, key));
  for (const [i, was] of before.entries()) {
    if (was === "1") assert.notEqual(after[i], "1");
    else assert.equal(after[i], was);
  }
});

test("an upstream that fails again and again is left out for a while, and told once each way", () => {
  const { balancer, at, clock, changes, order } = open("round-robin");
  balancer.failed(at(0));
  balancer.succeeded(at(0));
  balancer.failed(at(0));
  assert.ok(order(3).includes("0"));
  balancer.failed(at(0));
  assert.ok(!order(6).includes("0"));
  clock.now = 1001;
  assert.ok(order(3).includes("0"));
  balancer.succeeded(at(0));
  assert.ok(order(3).includes("0"));
  assert.deepEqual(changes, ["0 out", "0 up"]);
});

test("after its pause one request tries an upstream, and the others wait for its answer", () => {
  const { balancer, at, clock, changes, order } = open("round-robin");
  balancer.failed(at(0));
  balancer.failed(at(0));
  clock.now = 1001;
  assert.equal(order(12).split("0").length - 1, 1);
  assert.equal(balancer.claim(at(0)), false, "not for those whom a cookie keeps there, either");
  balancer.failed(at(0));
  assert.ok(!order(6).includes("0"));
  clock.now = 2002;
  assert.equal(balancer.claim(at(0)), true);
  assert.equal(balancer.claim(at(0)), false);
  clock.now = 3003; // nobody said what became of it
  assert.equal(order(12).split("0").length - 1, 1);
  balancer.succeeded(at(0));
  assert.ok(order(6).split("0").length - 1 > 1);
  assert.deepEqual(changes, ["0 out", "0 up"]);
});

test("a pause outlives a reload, and is no longer than the new settings say", () => {
  const pools = [fakePool("http://up0"), fakePool("http://up1")];
  const standings = createStandings();
  let now = 0;
  const create = (pauseMs: number) =>
    createBalancer({
      members: pools.map((pool, i) => ({ pool, weight: 1, standing: standings.take(`${i}`) })),
      balance: "round-robin",
      failures: 1,
      pauseMs,
      now: () => now,
      loadOf: () => 0,
      onChange: () => {},
    });
  const [first, second] = pools;
  assert.ok(first && second);
  create(3_600_000).failed(first);
  const same = create(3_600_000);
  const shorter = create(1000);
  assert.deepEqual(
    [same.next(null, []), shorter.next(null, []), shorter.next(null, [])],
    [second, second, second],
  );
  now = 1001;
  assert.equal(shorter.isUp(first), true);
});

test("what a health check finds counts, and when all are out all are tried", () => {
  const { balancer, pools, at, order } = open("round-robin");
  balancer.judge(at(2), false);
  assert.equal(order(4).includes("2"), false);
  for (const pool of pools) balancer.judge(pool, false);
  assert.equal(new Set(order(6)).size, 3);
  balancer.judge(at(2), true);
  assert.equal(order(3), "222");
});

test("a second try goes elsewhere, and there is none when all were tried", () => {
  const { balancer, pools, at } = open("round-robin");
  assert.notEqual(balancer.next(null, [at(0), at(1)]), at(0));
  assert.equal(balancer.next(null, [at(0), at(1)]), at(2));
  assert.equal(balancer.next(null, pools), null);
});
