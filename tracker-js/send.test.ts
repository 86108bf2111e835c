import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { Store } from "./core-api.ts";
import { uuid7 } from "./lib/uuid7.ts";
import { createSender, type Post } from "./send.ts";

const event = (ename: string, size = 0) => ({ eid: uuid7(), ename, filler: "x".repeat(size) });
const names = (body: string): string[] => JSON.parse(body).events.map((one: { ename: string }) => one.ename);

/** A browser's storage, which several pages may share. */
const memoryStore = (...left: string[]): Store & { texts(): readonly string[] } => {
  const kept = new Set(left);
  const store: Store = (texts, isKept) => {
    for (const text of texts) isKept ? kept.add(text) : kept.delete(text);
    return [...kept];
  };
  return Object.assign(store, { texts: () => [...kept] });
};

/** A gateway that wants to be left alone for `answers` milliseconds in turn, then takes everything. */
const fakeGateway = (...answers: (number | Error)[]) => {
  const posted: string[] = [];
  const post: Post = async (body) => {
    posted.push(body);
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    if (answer === undefined) return new Response();
    return new Response("", { status: 503, headers: answer ? { "retry-after": String(answer / 1000) } : {} });
  };
  return { post, posted };
};

/** With timers of its own, which `run` moves on. */
const withTimers = async (run: (tick: (ms: number) => Promise<void>) => Promise<void>): Promise<void> => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_772_366_400_000 });
  mock.method(Math, "random", () => 0.5);
  const mocked = setTimeout; // it loses the order of timers where one has no delay
  mock.method(globalThis, "setTimeout", (run: () => void, ms = 0) => mocked(run, ms));
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

test("however often what waits is sent while it fails, one row of tries goes on", () =>
  withTimers(async (tick) => {
    const { post, posted } = fakeGateway(...Array.from({ length: 5 }, () => 0));
    const [add, flush] = createSender(post, memoryStore());
    add(event("a"));
    await tick(0);
    for (let i = 0; i < 3; i++) await flush();
    assert.equal(posted.length, 4, "each is a try");
    await tick(7999);
    assert.equal(posted.length, 4);
    await tick(1);
    assert.equal(posted.length, 5);
    await tick(16_000);
    await tick(300_000);
    assert.equal(posted.length, 6, "taken, and nothing is left to try");
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

test("what earlier pages left behind goes too; what is over six days old is dropped, and the batch says how many", () =>
  withTimers(async (tick) => {
    const { post, posted } = fakeGateway(0);
    const aged = (ms: number) => JSON.stringify({ ...event("aged"), eid: uuid7(ms) });
    const days = 86_400_000;
    const store = memoryStore(
      aged(7 * days),
      aged(6 * days + 60_000),
      aged(6 * days - 60_000),
      JSON.stringify(event("left")),
    );
    const [add] = createSender(post, store);
    add(event("now"));
    await tick(0);
    await tick(1000);
    const batches = posted.map((body) => JSON.parse(body));
    assert.deepEqual(
      batches.map(({ dropped }) => dropped),
      [2, 2],
      "said again with the next try",
    );
    assert.deepEqual(names(posted[1] ?? "").sort(), ["aged", "left", "now"]);
    assert.deepEqual(store.texts(), []);
    add(event("later"));
    await tick(0);
    assert.equal(JSON.parse(posted.at(-1) ?? "").dropped, 0, "said once");
  }));

test("what a closing page keeps after the next one has begun goes with the next delivery, and no page undoes another's", () =>
  withTimers(async (tick) => {
    const store = memoryStore();
    const offline = fakeGateway(new Error("offline"), new Error("offline"));
    const [addThere] = createSender(offline.post, store);
    const { post, posted } = fakeGateway();
    const [add] = createSender(post, store);
    add(event("here"));
    await tick(0);
    addThere(event("late"));
    await tick(0);
    assert.deepEqual(posted.map(names), [["here"]]);
    assert.equal(store.texts().length, 1);
    add(event("next"));
    await tick(0);
    assert.deepEqual(names(posted[1] ?? "").sort(), ["late", "next"]);
    assert.deepEqual(store.texts(), []);
  }));

test("an event is kept from the moment in which it is recorded: a page that crashes has left it", () =>
  withTimers(async () => {
    const store = memoryStore();
    const [add] = createSender(fakeGateway().post, store);
    add(event("a"));
    assert.equal(store.texts().length, 1);
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
    assert.equal(JSON.parse(posted[0] ?? "").dropped, 60 - taken);
  }));

test("what many pages leave behind is bounded, too: the oldest is dropped and counted, whatever waits here is kept", () =>
  withTimers(async (tick) => {
    const { post, posted } = fakeGateway(0);
    const left = (hoursAgo: number) =>
      JSON.stringify({ ...event(`h${hoursAgo}`, 60_000), eid: uuid7(hoursAgo * 3_600_000) });
    // In an order that says nothing, as that of the browser's storage.
    const store = memoryStore(...Array.from({ length: 60 }, (_, i) => left(1 + ((i * 37) % 60))));
    const [add, flush] = createSender(post, store);
    add(event("now"));
    await tick(0);
    const dropped = 61 - store.texts().length;
    assert.ok(store.texts().join("").length < 3_000_000 && dropped > 9 && dropped < 15, String(dropped));
    await flush();
    assert.equal(JSON.parse(posted[0] ?? "").dropped, dropped);
    assert.equal(JSON.parse(posted[1] ?? "").dropped, dropped, "again, as the first was not taken");
    const kept = Array.from({ length: 60 - dropped }, (_, i) => `h${i + 1}`);
    assert.deepEqual(posted.slice(1).flatMap(names).sort(), [...kept, "now"].sort());
    assert.deepEqual(store.texts(), []);
  }));

const answers: readonly [status: number, isTakenOrFinal: boolean][] = [
  [200, true],
  [204, true],
  [400, true],
  [404, true],
  [413, true],
  [428, true],
  [429, false],
  [430, true],
  [499, true],
  [500, false],
  [503, false],
  [529, false],
  [599, false],
];

for (const [status, isFinal] of answers) {
  test(`${status} is ${isFinal ? "the end of it" : "a reason to try again"}`, () =>
    withTimers(async (tick) => {
      let posts = 0;
      const post: Post = async () => new Response(null, { status: posts++ ? 200 : status });
      const store = memoryStore();
      const [add] = createSender(post, store);
      add(event("a"));
      await tick(0);
      assert.equal(store.texts().length, isFinal ? 0 : 1);
      await tick(1000);
      assert.equal(posts, isFinal ? 1 : 2);
    }));
}

test("a time to wait that is no number, or longer than a timer takes, is no reason to come back at once", () =>
  withTimers(async (tick) => {
    for (const [said, leastMs] of [
      ["Wed, 21 Oct 2026 07:28:00 GMT", 999],
      ["-5", 999],
      ["86400", 86_400_000],
      ["2000000", 1_900_000_000],
    ] as const) {
      let posts = 0;
      const post: Post = async () =>
        posts++ ? new Response() : new Response("", { status: 503, headers: { "retry-after": said } });
      const [add] = createSender(post, memoryStore());
      add(event("a"));
      await tick(0);
      await tick(leastMs);
      assert.equal(posts, 1, said);
    }
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
