import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Place, type RunnerOptions, startRunner, type ThreadEvents } from "./runner.ts";
import type { FromThread, ToThread } from "./thread-messages.ts";

const begin: Place = { seq: 5, receivedAt: null, failures: 0, missed: 0, lastError: null, lastErrorAt: null };

interface FakeThread extends ThreadEvents {
  readonly at: { readonly from: number; readonly failures: number };
  readonly heard: ToThread[];
  isEnded: boolean;
}

/** A runner whose threads are played by the test. */
const start = (t: TestContext, more: Partial<RunnerOptions> = {}) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const threads: FakeThread[] = [];
  const troubles: string[] = [];
  const recovered: number[] = [];
  const runner = startRunner({
    id: "test",
    place: begin,
    clock: () => 1000,
    hangMs: 5000,
    delayAfter: (failures) => failures * 100,
    onPlace: () => {},
    onTrouble: (sentence) => troubles.push(sentence),
    onRecovered: () => recovered.push(1),
    start(at, events) {
      const thread: FakeThread = { ...events, at, heard: [], isEnded: false };
      threads.push(thread);
      return {
        tell: (message) => void thread.heard.push(message),
        async end() {
          thread.isEnded = true;
        },
      };
    },
    ...more,
  });
  const last = (): FakeThread => {
    const thread = threads.at(-1);
    assert.ok(thread);
    return thread;
  };
  return { runner, threads, troubles, recovered, last, tell: (message: FromThread) => last().told(message) };
};

const moved = (seq: number, missed = 0): FromThread => ({
  kind: "moved",
  seq,
  receivedAt: seq,
  events: 2,
  missed,
});
const soon = () => new Promise<void>((resolve) => setImmediate(resolve));

test("the place follows what the thread tells", (t) => {
  const { runner, tell, last } = start(t);
  assert.deepEqual(last().at, { from: 5, failures: 0 });
  tell({ kind: "ready" });
  tell({ kind: "writing", oldest: 1 });
  tell(moved(9));
  tell(moved(12, 3));
  assert.deepEqual(runner.place(), { ...begin, seq: 12, receivedAt: 12, missed: 3 });
  assert.equal(runner.handedOut(), 4);
});

test("failures are counted and told once, and so is the end of them", (t) => {
  const { runner, tell, troubles, recovered } = start(t);
  for (let i = 0; i < 3; i++) tell({ kind: "failed", sentence: "it is full", retryMs: 1 });
  tell({ kind: "failed", sentence: "it is gone", retryMs: 1 });
  assert.ok(runner.isFailing());
  tell(moved(7));
  assert.deepEqual(troubles, ["it is full", "it is gone"]);
  assert.deepEqual([recovered.length, runner.isFailing()], [1, false]);
  assert.deepEqual(runner.place(), {
    ...begin,
    seq: 7,
    receivedAt: 7,
    failures: 4,
    lastError: "it is gone",
    lastErrorAt: 1000,
  });
});

test("a place is kept whenever it moves or fails, and the same failure after a success is told again", async (t) => {
  const kept: [seq: number, failures: number][] = [];
  const { runner, tell, troubles } = start(t, {
    onPlace: ({ seq, failures }) => void kept.push([seq, failures]),
  });
  tell({ kind: "ready" });
  assert.equal(await runner.made, null);
  for (const seq of [7, 8]) {
    tell({ kind: "failed", sentence: "it is full", retryMs: 1 });
    tell(moved(seq));
  }
  assert.deepEqual(kept, [
    [5, 1],
    [7, 1],
    [7, 2],
    [8, 2],
  ]);
  assert.deepEqual(troubles, ["it is full", "it is full"]);
  t.mock.timers.tick(100_000); // nothing is being written
  assert.equal(troubles.length, 2);
});

test("no other thread is started before one has ended", async (t) => {
  const ended = Promise.withResolvers<void>();
  let threads = 0;
  let told: ThreadEvents | undefined;
  const { troubles } = start(t, {
    start(_at, events) {
      threads++;
      told = events;
      return { tell() {}, end: () => ended.promise };
    },
  });
  told?.told({ kind: "writing", oldest: 1 });
  told?.ended("out of memory");
  await soon();
  t.mock.timers.tick(100_000);
  assert.deepEqual([threads, troubles], [1, ["out of memory"]]);
  ended.resolve();
  await soon();
  t.mock.timers.tick(100);
  assert.equal(threads, 2);
});

test("events that were gone before their turn are told", (t) => {
  const { tell, troubles } = start(t);
  tell(moved(40, 12));
  assert.deepEqual(troubles, ["pruned or erased before it could take them: 12 events, up to #40"]);
});

test("a thread that ends is replaced after a delay that grows, from where it was", async (t) => {
  const { threads, last, tell, troubles } = start(t);
  tell(moved(8));
  last().ended("out of memory");
  await soon();
  t.mock.timers.tick(99);
  assert.equal(threads.length, 1);
  t.mock.timers.tick(1);
  assert.deepEqual(last().at, { from: 8, failures: 1 });
  last().ended("out of memory");
  await soon();
  t.mock.timers.tick(199);
  assert.equal(threads.length, 2);
  t.mock.timers.tick(1);
  assert.deepEqual(last().at, { from: 8, failures: 2 });
  assert.deepEqual(troubles, ["out of memory"]);
});

test("a write that does not end is ended with its thread", async (t) => {
  const { threads, tell, troubles } = start(t);
  tell({ kind: "writing", oldest: 1 });
  t.mock.timers.tick(4999);
  assert.deepEqual(troubles, []);
  t.mock.timers.tick(1);
  await soon();
  assert.deepEqual([troubles, threads[0]?.isEnded], [["a write did not end within 5 s"], true]);
  t.mock.timers.tick(100);
  assert.equal(threads.length, 2);
});

test("what a thread tells after it was given up does not count", async (t) => {
  const { runner, threads, tell } = start(t);
  tell({ kind: "writing", oldest: 1 });
  t.mock.timers.tick(5000);
  threads[0]?.told(moved(99));
  threads[0]?.ended("late");
  await soon();
  assert.deepEqual([runner.place().seq, runner.place().failures], [5, 1]);
});

test("a sink that is never made is tried again", async (t) => {
  const { runner, threads, troubles } = start(t);
  t.mock.timers.tick(30_000);
  assert.equal(await runner.made, "it was not made within 30 s");
  t.mock.timers.tick(100);
  assert.equal(threads.length, 2);
  assert.deepEqual(troubles, ["it was not made within 30 s"]);
});

test("a stop waits for the batch that runs, and for its place", async (t) => {
  const { runner, last, tell } = start(t);
  tell({ kind: "writing", oldest: 1 });
  const stopped = runner.stop(1000);
  assert.deepEqual(last().heard, [{ kind: "stop" }]);
  tell(moved(11));
  last().ended("its thread ended (0)");
  await stopped;
  assert.deepEqual(
    [runner.place().seq, runner.place().failures],
    [11, 0],
    "an end that was asked for is no failure",
  );
});

test("a stop cuts a batch that does not end, and then its thread", async (t) => {
  const { runner, last, tell, threads } = start(t);
  tell({ kind: "writing", oldest: 1 });
  const stopped = runner.stop(1000);
  t.mock.timers.tick(1000);
  assert.deepEqual(last().heard, [{ kind: "stop" }, { kind: "cut" }]);
  t.mock.timers.tick(500);
  await stopped;
  assert.ok(last().isEnded);
  t.mock.timers.tick(100_000);
  assert.equal(threads.length, 1, "and no other is started");
});

test("a stop while another thread is waited for starts none", async (t) => {
  const { runner, last, threads } = start(t);
  last().ended("out of memory");
  await soon();
  await runner.stop(1000);
  t.mock.timers.tick(100_000);
  assert.equal(threads.length, 1);
});

test("a thread that cannot be ended, as when a disk hangs, does not hold up a stop for ever", async (t) => {
  const { runner } = start(t, {
    start: () => ({ tell() {}, end: () => new Promise(() => {}) }),
  });
  const stopped = runner.stop(1000);
  t.mock.timers.tick(1500);
  await soon();
  t.mock.timers.tick(2000);
  await stopped;
});
