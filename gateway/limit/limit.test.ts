import assert from "node:assert/strict";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { type TestContext, test } from "node:test";
import type { Exchange } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { testExchange } from "../http/test-server.ts";
import { createDayCounts } from "./day-counts.ts";
import { createLimiter, type Limiter } from "./limit.ts";
import { createMemoryCounters, type MemoryCounters } from "./memory-counters.ts";
import { limitSettings } from "./settings.ts";

const from = (address: string, headers: Record<string, string> = {}, url = "/"): Exchange => {
  const req = new IncomingMessage(new Socket());
  Object.assign(req.headers, headers);
  for (const [name, value] of Object.entries(headers)) req.rawHeaders.push(name, value);
  req.url = url;
  return { ...testExchange(req, new ServerResponse(req)), address };
};

interface Asked {
  readonly it: Limiter;
  readonly counters: MemoryCounters;
  readonly refusals: readonly string[];
  knock(address: string, headers?: Record<string, string>, url?: string): Promise<HttpError | null>;
}

/** A limiter at a time that stands still until the test moves it, and a way to ask it: null or the refusal. */
const limiter = (t: TestContext, given: object, isTrusted = (_: string) => false): Asked => {
  t.mock.timers.enable({ apis: ["Date", "setTimeout"], now: 1_000_000 });
  const settings = limitSettings.parse({ requests: 3, windowSeconds: 10, addresses: 4, ...given });
  const secret = Buffer.from("secret");
  const days = createDayCounts({ mostKeys: 4, secret, clock: Date.now, store: null });
  const counters = createMemoryCounters(settings.addresses, days);
  t.after(() => counters.close());
  const refusals: string[] = [];
  const it = createLimiter(settings, {
    isTrusted,
    counters,
    visitorOf: (x) => x.req.headers.cookie ?? null,
    onRefused: (reason) => void refusals.push(reason),
  });
  let served = 0;
  const handle = it.layer(() => void served++);
  return {
    it,
    counters,
    refusals,
    async knock(address, headers, url) {
      const before = served;
      try {
        await handle(from(address, headers, url));
        assert.equal(served, before + 1);
        return null;
      } catch (error) {
        assert.equal(served, before);
        assert.ok(error instanceof HttpError);
        return error;
      }
    },
  };
};

test("an address over its count is refused with 429 until its window is over", async (t) => {
  const { knock, refusals } = limiter(t, {});
  for (let i = 0; i < 3; i++) assert.equal(await knock("198.51.100.7"), null);
  t.mock.timers.tick(2500);
  const refusal = await knock("198.51.100.7");
  assert.equal(refusal?.status, 429);
  assert.equal(refusal?.message, "too many requests from this address: try again in 8 s");
  assert.deepEqual(refusal?.headers, {
    "retry-after": "8",
    ratelimit: '"address";r=0;t=8',
    "ratelimit-policy": '"address";q=3;w=10',
  });
  assert.deepEqual(refusals, ["address"]);
  assert.equal(await knock("198.51.100.8"), null, "a neighbour is not concerned");
  t.mock.timers.tick(7500);
  assert.equal(await knock("198.51.100.7"), null);
});

test("IPv6 addresses of one /64 count together", async (t) => {
  const { knock } = limiter(t, {});
  for (const last of ["1", "2", "3"]) assert.equal(await knock(`2001:db8:0:1::${last}`), null);
  assert.equal((await knock("2001:db8:0:1::4"))?.status, 429);
  assert.equal(await knock("2001:db8:0:2::4"), null);
});

test("exempt addresses are not counted", async (t) => {
  const { counters, knock } = limiter(t, {});
  for (let i = 0; i < 10; i++) assert.equal(await knock("127.0.0.1"), null);
  for (let i = 0; i < 10; i++) assert.equal(await knock("::1"), null);
  assert.equal(counters.keys, 0);
});

test("an exempt address that forwards for somebody is counted, unless it is trusted to", async (t) => {
  for (const header of ["x-forwarded-for", "forwarded"]) {
    const { knock } = limiter(t, {});
    const headers = { [header]: "1.2.3.4" };
    for (let i = 0; i < 3; i++) assert.equal(await knock("127.0.0.1", headers), null);
    assert.equal((await knock("127.0.0.1", headers))?.status, 429, header);
    t.mock.timers.reset();
  }
  const { knock } = limiter(t, {}, () => true);
  for (let i = 0; i < 10; i++) assert.equal(await knock("127.0.0.1", { forwarded: "for=1.2.3.4" }), null);
});

test("the number of counted keys is bounded over all rules; the one quiet for longest is forgotten", async (t) => {
  const { counters, knock } = limiter(t, {});
  for (let i = 0; i < 3; i++) await knock("10.0.0.1");
  for (let i = 2; i <= 4; i++) await knock(`10.0.0.${i}`);
  assert.equal((await knock("10.0.0.1"))?.status, 429, "still known, and active");
  for (let i = 5; i <= 7; i++) await knock(`10.0.0.${i}`);
  assert.equal(counters.keys, 4);
  assert.equal((await knock("10.0.0.1"))?.status, 429);
  for (let i = 8; i <= 11; i++) await knock(`10.0.0.${i}`);
  assert.equal(await knock("10.0.0.1"), null, "forgotten, so counted anew");
});

test("10,000 keys made up by one client take the places of four", async (t) => {
  const { counters, knock } = limiter(t, { requests: 100_000, key: { requests: 5 } });
  for (let i = 0; i < 10_000; i++) await knock("10.0.0.1", { authorization: `Bearer ${i}` });
  assert.equal(counters.keys, 4);
});

test("a visitor is counted over all his addresses, and one without an id by his address alone", async (t) => {
  const { knock } = limiter(t, { visitor: { requests: 2, windowSeconds: 60 } });
  assert.equal(await knock("10.0.0.1", { cookie: "v1" }), null);
  assert.equal(await knock("10.0.0.2", { cookie: "v1" }), null);
  const refusal = await knock("10.0.0.3", { cookie: "v1" });
  assert.equal(refusal?.headers["ratelimit-policy"], '"visitor";q=2;w=60');
  assert.equal(await knock("10.0.0.3", { cookie: "v2" }), null);
  assert.equal(await knock("10.0.0.4"), null);
});

test("a request that is over several limits is told the time of the one that lasts longest", async (t) => {
  const { knock, refusals } = limiter(t, {
    requests: 100,
    visitor: { requests: 1, windowSeconds: 30 },
    key: { requests: 1, windowSeconds: 3600 },
  });
  const headers = { cookie: "v1", authorization: "Bearer x" };
  assert.equal(await knock("10.0.0.1", headers), null);
  for (let i = 0; i < 2; i++) {
    const refusal = await knock("10.0.0.1", headers);
    assert.equal(refusal?.headers["retry-after"], "3600");
    assert.equal(refusal?.message, "too many requests with this key: try again in 3600 s");
    assert.equal(refusal?.headers["ratelimit"], '"visitor";r=0;t=30, "key";r=0;t=3600');
  }
  assert.deepEqual(refusals, ["visitor", "key", "visitor", "key"]);
});

test("an address that is over its window and its day is told to come back tomorrow", async (t) => {
  const { knock } = limiter(t, { daily: { address: 3 } });
  for (let i = 0; i < 3; i++) assert.equal(await knock("10.0.0.1"), null);
  assert.equal((await knock("10.0.0.1"))?.headers["retry-after"], "85400");
});

test("what another limit refuses uses up nothing of a day", async (t) => {
  const limits = { visitor: { requests: 2, windowSeconds: 30 }, daily: { address: 4, visitor: 5, key: 6 } };
  const { it, knock } = limiter(t, { requests: 3, ...limits });
  const headers = { cookie: "v1", authorization: "Bearer x" };
  const left = async (address: string, key = "x"): Promise<string> => {
    const told = await it.admitExchange(from(address, { cookie: "v2", authorization: `Bearer ${key}` }));
    return told?.map(({ rule, standing }) => `${rule.name} ${standing.left}`).join() ?? "";
  };
  assert.equal(await knock("10.0.0.1", headers), null);
  assert.equal(await knock("10.0.0.1", headers), null);
  assert.equal((await knock("10.0.0.1", headers))?.headers["ratelimit"], '"visitor";r=0;t=30');
  for (let i = 0; i < 20; i++) assert.equal((await knock("10.0.0.1", headers))?.status, 429);
  t.mock.timers.tick(30_000);
  assert.equal(await left("10.0.0.1"), "daily-address 1,visitor 1,daily-visitor 4,daily-key 3");
});

test("what a route refuses uses up nothing of a day", async (t) => {
  const { it } = limiter(t, { requests: 100, daily: { address: 3 } });
  const route = it.ofRoute({ requests: 1, windowSeconds: 60, by: "address" }, "*/");
  const handle = it.layer(route.layer(() => {}));
  const ask = async (): Promise<number> => {
    try {
      await handle(from("10.0.0.1"));
      return 200;
    } catch (error) {
      assert.ok(error instanceof HttpError);
      return error.status;
    }
  };
  assert.equal(await ask(), 200);
  for (let i = 0; i < 9; i++) assert.equal(await ask(), 429);
  const told = await it.admitExchange(from("10.0.0.1"));
  assert.deepEqual(
    told?.map(({ standing }) => standing.left),
    [1],
  );
});

test("a websocket that its route refuses uses up nothing of a day", async (t) => {
  const { it } = limiter(t, { requests: 100, daily: { address: 3 } });
  const route = it.ofRoute({ requests: 1, windowSeconds: 60, by: "address" }, "*/");
  const open = async (): Promise<void> => {
    const x = from("10.0.0.1");
    await it.admitUpgrade(x);
    await route.admit(x);
  };
  await open();
  for (let i = 0; i < 9; i++) await assert.rejects(open, { status: 429 });
  const told = await it.admitExchange(from("10.0.0.1"));
  assert.deepEqual(
    told?.map(({ standing }) => standing.left),
    [1],
  );
});

test("keys and visitors that an address over its limit makes up are counted nowhere", async (t) => {
  const { counters, knock } = limiter(t, { key: { requests: 1 }, visitor: { requests: 1 } });
  assert.equal(await knock("10.0.0.2"), null);
  for (let i = 0; i < 3; i++) await knock("10.0.0.1");
  const known = counters.keys;
  for (let i = 0; i < 9; i++) {
    const refusal = await knock("10.0.0.1", { cookie: `v${i}`, authorization: `Bearer ${i}` });
    assert.equal(refusal?.headers["ratelimit"], '"address";r=0;t=10');
  }
  assert.equal(counters.keys, known);
});

test("a key is counted by the header that the settings name", async (t) => {
  const { knock } = limiter(t, { key: { requests: 1, windowSeconds: 60, header: "X-Api-Key" } });
  assert.equal(await knock("10.0.0.1", { "x-api-key": "a" }), null);
  assert.equal((await knock("10.0.0.2", { "x-api-key": "a" }))?.headers["ratelimit"], '"key";r=0;t=60');
  assert.equal(await knock("10.0.0.2", { "x-api-key": "b" }), null);
});

test("a route has a limit of its own, by address, visitor or key or for everybody together", async (t) => {
  const { it } = limiter(t, {});
  const ask = async (by: "address" | "visitor" | "key" | "all", x: Exchange): Promise<number> => {
    const route = it.ofRoute({ requests: 1, windowSeconds: 60, by }, `*/${by}`);
    return (
      (await route.admit(x)?.then(
        () => 200,
        (e: HttpError) => e.status,
      )) ?? 0
    );
  };
  assert.equal(await ask("address", from("10.0.0.1")), 200);
  assert.equal(await ask("address", from("10.0.0.2")), 200);
  assert.equal(await ask("address", from("10.0.0.1")), 429);
  assert.equal(await ask("key", from("10.0.0.1")), 200);
  assert.equal(await ask("key", from("10.0.0.1")), 429, "without a key his address counts");
  assert.equal(await ask("key", from("10.0.0.1", { authorization: "a" })), 200);
  assert.equal(await ask("key", from("10.0.0.9", { authorization: "a" })), 429);
  assert.equal(await ask("visitor", from("10.0.0.1")), 200);
  assert.equal(await ask("visitor", from("10.0.0.1")), 429, "without an id his address counts");
  assert.equal(await ask("visitor", from("10.0.0.1", { cookie: "v1" })), 200);
  assert.equal(await ask("visitor", from("10.0.0.9", { cookie: "v1" })), 429);
  assert.equal(await ask("all", from("10.0.0.1")), 200);
  assert.equal(await ask("all", from("10.0.0.2")), 429);
  assert.equal(await ask("all", from("127.0.0.1")), 0, "exempt");
});

test("a daily quota ends at midnight UTC", async (t) => {
  const { knock } = limiter(t, { daily: { address: 2 } });
  for (let i = 0; i < 2; i++) assert.equal(await knock("10.0.0.1"), null);
  const refusal = await knock("10.0.0.1");
  assert.equal(refusal?.message, "too many requests from this address today: try again in 85400 s");
  assert.equal(refusal?.headers["ratelimit-policy"], '"daily-address";q=2;w=86400');
  t.mock.timers.tick(85_400_000);
  assert.equal(await knock("10.0.0.1"), null);
});

test("a banned address is refused with 403, one that is allowed is neither banned nor counted", async (t) => {
  const { knock, refusals } = limiter(t, { ban: ["203.0.113.0/24"], allow: ["203.0.113.9"] });
  assert.equal((await knock("203.0.113.7"))?.status, 403);
  assert.deepEqual(refusals, ["banned"]);
  for (let i = 0; i < 10; i++) assert.equal(await knock("203.0.113.9"), null);
  const forwarded = { "x-forwarded-for": "1.2.3.4" };
  assert.equal((await knock("203.0.113.9", forwarded))?.status, 403, "somebody stands behind it");
});

test("a banned address gets no answer where the settings say so", async (t) => {
  const { it } = limiter(t, { ban: ["203.0.113.0/24"], banned: "close" });
  const x = from("203.0.113.7");
  await it.layer(() => assert.fail("served"))(x);
  assert.ok(x.req.socket.destroyed);
  assert.equal(x.res.headersSent, false);
});

test("a long address gets 414, many header fields get 431, before anything is counted", async (t) => {
  const { counters, knock } = limiter(t, { urlBytes: 300, headerFields: 10 });
  assert.equal(await knock("10.0.0.1", {}, `/${"x".repeat(299)}`), null);
  assert.equal((await knock("10.0.0.2", {}, `/${"x".repeat(300)}`))?.status, 414);
  const fields = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`x-${i}`, "1"]));
  assert.equal((await knock("10.0.0.2", fields(11)))?.status, 431);
  assert.equal(counters.keys, 1);
  assert.equal(await knock("10.0.0.2", fields(10)), null);
});

test("what may not be answered in the plainest way is odd: too long, too many fields, banned without an answer", (t) => {
  const asked = { ban: ["203.0.113.0/24"], urlBytes: 300, headerFields: 10 };
  for (const banned of ["403", "close"]) {
    const { it } = limiter(t, { ...asked, banned });
    for (const [address, url, fields, isOdd] of [
      ["10.0.0.1", "/", 10, false],
      ["10.0.0.1", "/", 11, true],
      ["10.0.0.1", `/${"x".repeat(299)}`, 1, false],
      ["10.0.0.1", `/${"x".repeat(300)}`, 1, true],
      ["203.0.113.7", "/", 1, banned === "close"],
    ] as const) {
      assert.equal(it.isOdd(address, url, fields), isOdd, `${banned} ${address} ${url.length} ${fields}`);
    }
    t.mock.timers.reset();
  }
});

test("closing forgets everybody", async (t) => {
  const { counters, knock } = limiter(t, {});
  for (let i = 0; i < 4; i++) await knock("10.0.0.1");
  await counters.close();
  assert.equal(counters.keys, 0);
  assert.equal(await knock("10.0.0.1"), null);
});

test("what a handler throws is not taken for a refusal", async (t) => {
  const { it } = limiter(t, {});
  const broken = it.layer(() => {
    throw new Error("broken");
  });
  await assert.rejects(async () => broken(from("10.0.0.1")), /^Error: broken$/);
});

test("an answer says where its client stands with what was set for it, and with its address when little is left", async (t) => {
  const { it } = limiter(t, { requests: 20, visitor: { requests: 5, windowSeconds: 60 } });
  const route = it.ofRoute({ requests: 9, windowSeconds: 10, by: "address" }, "*/api/");
  const handle = it.layer(route.layer(() => {}));
  const fieldsAfter = async (headers: Record<string, string>) => {
    const x = from("10.0.0.1", headers);
    await handle(x);
    return [x.res.getHeader("ratelimit"), x.res.getHeader("ratelimit-policy")];
  };
  assert.deepEqual(await fieldsAfter({}), ['"route";r=8;t=10', '"route";q=9;w=10']);
  assert.deepEqual(await fieldsAfter({ cookie: "v1" }), [
    '"visitor";r=4;t=60, "route";r=7;t=10',
    '"visitor";q=5;w=60, "route";q=9;w=10',
  ]);
  const plain = it.layer(() => {});
  const told: unknown[] = [];
  for (let i = 2; i < 20; i++) {
    const x = from("10.0.0.1");
    await plain(x);
    told.push(x.res.getHeader("ratelimit"));
  }
  assert.deepEqual(told.slice(-4), [
    undefined,
    '"address";r=2;t=10',
    '"address";r=1;t=10',
    '"address";r=0;t=10',
  ]);
});
