import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Keeper } from "./keeper.ts";
import { startSchedule } from "./schedule.ts";

const minuteMs = 60_000;
const noon = Date.UTC(2026, 0, 31, 12);

/** A keeper that only notes what it is asked for, and minutes that pass at once. */
const watch = (context: TestContext, keepDays: number | null, troubled: Partial<Keeper> = {}) => {
  context.mock.timers.enable({ apis: ["setInterval"] });
  const done: string[] = [];
  let now = noon;
  const keeper = {
    recover: async () => void done.push("recover"),
    plan: async () => ({ watermark: 0, upTo: 1, oldest: noon - 58 * minuteMs }),
    seal: async () => {
      done.push("seal");
      return { events: 1, files: 1 };
    },
    prune: async (before: string, site: string | null) => {
      done.push(`prune ${before} ${site}`);
      return { events: 0, files: 0 };
    },
    ...troubled,
  } as Partial<Keeper> as Keeper; // what a schedule asks for
  const onError = (error: unknown) => void done.push(String(error));
  const stop = startSchedule({ keeper, clock: () => now, sealMinutes: 60, keepDays, onError });
  /** What is done within so many minutes. */
  const pass = async (minutes: number) => {
    now += minutes * minuteMs;
    context.mock.timers.tick(minuteMs);
    await new Promise(setImmediate);
    return done.splice(0);
  };
  return { stop, pass };
};

test("what has waited long enough is sealed, and what is old goes once a day", async (context) => {
  const { stop, pass } = watch(context, 30);
  assert.deepEqual(await pass(1), ["recover", "prune 2026-01-01 null"]);
  assert.deepEqual(await pass(1), ["seal"]);
  assert.deepEqual(await pass(11 * 60), ["seal"]);
  assert.deepEqual(await pass(60), ["seal", "prune 2026-01-02 null"]);
  stop();
  assert.deepEqual(await pass(24 * 60), []);
});

test("without a limit nothing goes", async (context) => {
  const { stop, pass } = watch(context, null);
  assert.deepEqual(await pass(1), ["recover"]);
  assert.deepEqual(await pass(24 * 60), ["seal"]);
  stop();
});

test("what fails is told and tried again, and what could not be counted is told", async (context) => {
  let full = true;
  const { stop, pass } = watch(context, 30, {
    recover: () => Promise.reject(new Error("no file")),
    prune: async () => {
      if (full) throw new Error("no space");
      return { events: 0, files: 0, uncounted: "nobody counted" };
    },
  });
  assert.deepEqual(await pass(1), ["Error: no file", "Error: no space"]);
  full = false;
  assert.deepEqual(await pass(0), ["Error: store: nobody counted"]);
  assert.deepEqual(await pass(0), []);
  stop();
});

test("what stopping cuts short is no failure", async (context) => {
  const cut = Promise.withResolvers<undefined>();
  const { stop, pass } = watch(context, null, { recover: () => cut.promise });
  stop();
  cut.reject(new Error("stopping"));
  assert.deepEqual(await pass(1), []);
});
