import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { Store } from "./core-api.ts";
import { uuid7 } from "./lib/uuid7.ts";
import { createSender, type Post } from "./send.ts";

const event = (ename: string, size = 0) => ({ eid: uuid7(), ename, filler: "x".repeat(size) });
const names = (body: string): string[] => JSON.parse(body).events.map((one: { ename: string }) => one.ename);

/** A browser's storage; `stale` events in it are too old. */
const memoryStore = (kept: readonly string[] = [], stale = 0): Store & { texts(): readonly string[] } => {
  const store: Store = (texts, keep = []) => {
    const before = kept;
    kept = [...kept.filter((text) => !texts.includes(text)), ...keep];
    return [before, stale];
  };
  return Object.assign(store, { texts: () => kept });
};

/** A gateway that answers with `answers` in turn, then takes everything. */
const fakeGateway = (...answers: (number | Error)[]) => {
  const posted: string[] = [];
  const post: Post = async (body) => {
    posted.push(body);
    const answer = answers.shift() ?? -1;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { post, posted };
};

/** With timers of its own, which `run` moves on. */
const withTimers = async (run: (tick: (ms: number) => Promise<void>) => Promise<void>): Promise<void> => {
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  mock.method(Math, "random", () => 0.5);
  try {
    await run(async (ms) => {
      mock.timers.tick(ms);
      for (let i = 0; i < 1000; i++) await Promise.resolve();
    });
  } finally {
    mock.timers.reset();
    mock.restoreAll();
  }
};

test("events of one task travel together, with their send time", () =>
  withTimers(async (tick) => {
    const { post, posted } = fakeGateway();
    const [add] = createSender(post, memoryStore());
    add(event("a"));
    add(event("b"));
    await tick(0);
    assert.deepEqual(posted.map(names), [["a", "b"]]);
    assert.equal(JSON.parse(posted[0] ?? "").sent, Date.now());
  }));

test("what fails is kept, and sent again after 1 s, 2 s, 4 s, byte for byte", () =>
  withTimers(async (tick) => {
    const { post, posted } = fakeGateway(new Error("offline"), 0, new Error("offline"));
    const store = memoryStore();
    const [add] = createSender(post, store);
    add(event("a"));
    await tick(0);
    assert.equal(store.texts().length, 1);
    for (const ms of [1000, 2000, 4000]) {
      await tick(ms - 1);
      const before = posted.length;
      await tick(1);
      assert.equal(posted.length, before + 1, `${ms} ms`);
    }
    const events = posted.map((body) => JSON.stringify(JSON.parse(body).events));
    assert.equal(new Set(events).size, 1);
    assert.deepEqual(store.texts(), [], "taken at last");
  }));

test("what the gateway says of waiting is waited beside the back-off, so that not all come at that moment", () =>
  withTimers(async (tick) => {
    const { post, posted } = fakeGateway(30_000);
    const [add] = createSender(post, memoryStore());
    add(event("a"));
    await tick(0);
    await tick(30_999);
    assert.equal(posted.length, 1);
    await tick(1);
    assert.equal(posted.length, 2);
  }));

test("the back-off ends at five minutes", () =>
  withTimers(async (tick) => {
    const { post, posted } = fakeGateway(...Array.from({ length: 20 }, () => 0));
    const [add] = createSender(post, memoryStore());
    add(event("a"));
    await tick(0);
    for (let i = 0; i < 19; i++) await tick(300_000);
    assert.equal(posted.length, 20);
  }));

test("while a failed try backs off new events wait with the old ones, and a page that hides sends nothing", () =>
  withTimers(async (tick) => {
    const { post, posted } = fakeGateway(10_000);
    const store = memoryStore();
    const [add, , leave] = createSender(post, store);
    add(event("a"));
    await tick(0);
    add(event("b"));
    leave();
    await tick(5000);
    assert.equal(posted.length, 1);
    assert.equal(store.texts().length, 2, "but keeps them");
    await tick(6000);
    assert.deepEqual(posted.map(names).at(-1), ["a", "b"]);
  }));

test("what earlier pages left behind goes first; what is too old is counted in the next event", () =>
  withTimers(async (tick) => {
    const { post, posted } = fakeGateway();
    const left = JSON.stringify(event("left"));
    const store = memoryStore([left], 3);
    const [add] = createSender(post, store);
    add(event("now"));
    add(event("later"));
    await tick(0);
    const { events } = JSON.parse(posted[0] ?? "");
    assert.deepEqual(
      events.map(({ ename, dropped }: { ename: string; dropped?: number }) => [ename, dropped]),
      [
        ["left", undefined],
        ["now", 3],
        ["later", undefined],
      ],
    );
    assert.deepEqual(store.texts(), []);
  }));

test("a page that hides sends once, although browsers say it twice, and keeps until it is acknowledged", () =>
  withTimers(async (tick) => {
    const { post, posted } = fakeGateway();
    const store = memoryStore();
    const [add, , leave] = createSender(post, store);
    add(event("a"));
    leave();
    leave();
    assert.equal(store.texts().length, 1);
    assert.equal(posted.length, 1);
    await tick(0);
    assert.deepEqual(store.texts(), []);
  }));

test("memory is bounded: what has no room is dropped, and counted once there is room again", () =>
  withTimers(async (tick) => {
    const { post, posted } = fakeGateway(0);
    const [add, flush] = createSender(post, memoryStore());
    for (let i = 0; i < 60; i++) add(event(`n${i}`, 10_000));
    await tick(0);
    await flush();
    add(event("after"));
    await tick(0);
    const taken = posted.slice(1).flatMap(names).length - 1;
    assert.ok(taken > 45 && taken < 52, String(taken));
    assert.equal(JSON.parse(posted.at(-1) ?? "").events.at(-1).dropped, 60 - taken);
  }));

test("an event that is no JSON takes no other with it", () =>
  withTimers(async (tick) => {
    const { post, posted } = fakeGateway();
    const [add] = createSender(post, memoryStore());
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    add(cycle);
    add({ big: 1n });
    add(event("good"));
    await tick(0);
    assert.deepEqual(posted.map(names), [["good"]]);
  }));

test("where nothing can be stored everything still goes out", () =>
  withTimers(async (tick) => {
    const { post, posted } = fakeGateway(0);
    const [add] = createSender(post, () => undefined);
    add(event("a"));
    await tick(0);
    await tick(1000);
    assert.deepEqual(posted.map(names), [["a"], ["a"]]);
  }));
