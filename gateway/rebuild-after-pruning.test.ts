/** Results of experiments worked out again when events of the people in them were pruned. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { makeExperiment, makeExposure, makeHappening } from "./experiment/fake-experiment.ts";
import { undoClaim } from "./identity/undo-claim.ts";
import type { Event } from "./model/event.ts";
import { hashedId } from "./model/ids.ts";
import { openProjectedLedger, type ProjectedLedger, type ProjectionSettings } from "./projected-ledger.ts";
import { openReader } from "./store/reader.ts";
import { createKeeper } from "./store/segments/keeper.ts";
import { bodyOf } from "./store/stored-event.ts";
import { readResults } from "./test-results.ts";

const hourMs = 3_600_000;
const start = Date.UTC(2026, 0, 1);
const prunedBefore = "2026-01-02";

const finished = makeExperiment({ key: "finished" });
const running = makeExperiment({ key: "running" });

const settings = (dir: string, experiments = [finished, running]): ProjectionSettings => ({
  dir,
  rejectsKept: 1,
  rejectDays: 1,
  sites: [],
  experiments,
});

const drawnEvent = fc.record({
  visitor: fc.integer({ min: 0, max: 7 }),
  kind: fc.constantFrom("finished", "running", "running", "purchase", "purchase"),
  variant: fc.constantFrom("control", "b", "b", "b"),
  value: fc.integer({ min: -500, max: 500 }),
  hour: fc.integer({ min: 0, max: 47 }),
});

type Drawn = typeof drawnEvent extends fc.Arbitrary<infer T> ? T : never;

const toEvent = ({ visitor, kind, variant, value, hour }: Drawn, index: number): Event => {
  const id = hashedId([String(index)]);
  const who = { client_id: `visitor-${visitor}`, received_at: start };
  const at = start + hour * hourMs;
  if (kind === "purchase") return makeHappening(id, at, { ...who, value: value / 100 });
  return makeExposure(id, at, variant, { ...who, experiment_id: kind });
};

const append = (ledger: ProjectedLedger, events: readonly Event[]): void => {
  const keyTimes = events.map((event) => event.timestamp_utc);
  ledger.append({ lines: events.map(bodyOf), keyTimes, rejects: [] });
};

const follow = (ledger: ProjectedLedger): void => {
  while (ledger.pending() > 0) ledger.follow(1000);
};

const open = (dir: string) => {
  const ledger = openProjectedLedger(settings(dir), () => start, "in steps");
  const write = async (call: Parameters<typeof ledger.segments>[0]) => ledger.segments(call);
  const clock = () => start + 30 * 24 * hourMs;
  const keeper = createKeeper({ dir, clock, write, journalDays: 0, pinned: {} });
  return { ledger, keeper };
};

const results = (dir: string) => {
  const reader = openReader(dir);
  const outcomes = [...reader.query("SELECT * FROM experiment_outcomes ORDER BY 1, 2, 3").rows];
  const left = [...reader.query("SELECT count(*) FROM rebuilt_kept").rows];
  const found = { ...readResults(reader), outcomes, left };
  reader.close();
  return found;
};

const inFolder = async <T>(work: (dir: string) => Promise<T>): Promise<T> => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-pruned-"));
  try {
    return await work(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
};

/** As nobody pruned or worked anything out again. */
const whole = (events: readonly Event[]) =>
  inFolder(async (dir) => {
    const { ledger } = open(dir);
    append(ledger, events);
    follow(ledger);
    ledger.close();
    return results(dir);
  });

const step = async (ledger: ProjectedLedger, rows: number): Promise<void> => {
  await ledger.rebuilding.fetch(new AbortController().signal);
  ledger.rebuilding.step(rows);
};

test("who is in the results stays in them as he was, whatever comes between the steps", async () => {
  const before = fc.array(drawnEvent, { minLength: 20, maxLength: 40 });
  const after = fc.array(drawnEvent, { minLength: 15, maxLength: 30 });
  const moves = fc.array(fc.constantFrom("event", "step", "step", "prune"), { minLength: 30, maxLength: 60 });
  const one = fc.record({ before, after, moves, rows: fc.integer({ min: 1, max: 7 }) });
  await fc.assert(
    fc.asyncProperty(one, async ({ before, after, moves, rows }) => {
      await inFolder(async (dir) => {
        const { ledger, keeper } = open(dir);
        const first = before.map(toEvent);
        // What comes after the pruning is of the days that stay.
        const coming = after.map((drawn, i) => toEvent({ ...drawn, hour: 24 + (drawn.hour % 24) }, 100 + i));
        const events = [...first, ...coming];
        append(ledger, first);
        follow(ledger);
        await keeper.prune(prunedBefore, null);
        ledger.rebuilding.start();
        let prunings = 0;
        for (const move of moves) {
          if (move === "step") await step(ledger, rows);
          if (move === "event") append(ledger, coming.splice(0, 1));
          if (move === "event" && coming.length % 2 === 0) ledger.follow(3);
          if (move === "prune" && prunings++ === 0) await keeper.prune(prunedBefore, "main");
        }
        append(ledger, coming);
        follow(ledger);
        while (ledger.rebuilding.hasWork()) await step(ledger, rows);
        ledger.close();
        assert.deepEqual(results(dir), await whole(events));
      });
    }),
    { numRuns: 3 },
  );
});

test("under another definition they leave that experiment, and no other", async () => {
  await inFolder(async (dir) => {
    const { ledger, keeper } = open(dir);
    const drawn = { visitor: 1, variant: "b", value: 900, hour: 1 } as const;
    const kinds = ["finished", "running", "purchase"] as const;
    append(ledger, [
      ...kinds.map((kind, i) => toEvent({ ...drawn, kind, hour: i }, i)),
      ...kinds.map((kind, i) => toEvent({ ...drawn, kind, hour: 30 + i, visitor: 2 }, 10 + i)),
    ]);
    follow(ledger);
    await keeper.prune(prunedBefore, null);
    const goals = [{ key: "order", event: "purchase", value: null, windowHours: 72 }];
    ledger.configure(settings(dir, [finished, { ...running, goals }]));
    while (ledger.rebuilding.hasWork()) await step(ledger, 100);
    ledger.close();
    assert.deepEqual(results(dir).outcomes, [
      ["finished", "b", "purchase", 2, 2, 18, 162],
      ["running", "b", "order", 1, 1, 0, 0],
    ]);
  });
});

/** One person's old device, whose events were pruned, and a new one, who sign in as one user. */
const signIn = (variant: Drawn["variant"], order: readonly [number, number]) =>
  inFolder(async (dir) => {
    const { ledger, keeper } = open(dir);
    const old = { visitor: 1, variant: "b", value: 900 } as const;
    append(ledger, [
      toEvent({ ...old, kind: "finished", hour: 1 }, 1),
      toEvent({ ...old, kind: "purchase", hour: 2 }, 2),
    ]);
    follow(ledger);
    await keeper.prune(prunedBefore, null);
    append(ledger, [toEvent({ visitor: 2, variant, value: 0, kind: "finished", hour: 30 }, 3)]);
    follow(ledger);
    const signed = [1, 2].map((visitor) => ({
      ...toEvent(
        { ...old, visitor, kind: "purchase", hour: 30 + visitor, value: 100 * visitor },
        10 + visitor,
      ),
      user_id: "ada",
      user_claim: "page" as const,
    }));
    for (const no of order) append(ledger, signed.slice(no - 1, no));
    follow(ledger);
    const joined = results(dir);
    ledger.rebuilding.start();
    while (ledger.rebuilding.hasWork()) await step(ledger, 2);
    ledger.close();
    assert.deepEqual(results(dir), joined, "nor does working them out again");
    return joined;
  });

test("a sign-in that joins them with another device takes nobody's results away", async () => {
  for (const order of [
    [1, 2],
    [2, 1],
  ] as const) {
    const { outcomes, subjects } = await signIn("b", order);
    assert.deepEqual(outcomes, [["finished", "b", "purchase", 1, 1, 12, 144]]);
    assert.deepEqual(subjects, [
      ["finished", "visitor-1+visitor-2", "b", start + hourMs, hashedId(["1"]), 0],
    ]);
  }
});

test("who saw another variant on the other device leaves the results", async () => {
  const { outcomes, subjects } = await signIn("control", [1, 2]);
  assert.deepEqual(outcomes, []);
  assert.deepEqual(
    subjects.map((row) => row.slice(1)),
    [["visitor-1+visitor-2", "b", start + hourMs, hashedId(["1"]), 1]],
  );
});

test("nor does a third device in the same step, whenever it was first seen, nor a restart in between", async () => {
  for (const [firstHour, restart] of [
    [3, false],
    [28, false],
    [28, true],
  ] as const) {
    await inFolder(async (dir) => {
      let { ledger, keeper } = open(dir);
      const sees = { variant: "b", value: 0, kind: "finished" } as const;
      const buys = { variant: "b", kind: "purchase" } as const;
      const signIn = (visitor: number) => ({
        ...toEvent({ ...buys, visitor, hour: 30 + visitor, value: 100 * visitor }, 10 + visitor),
        user_id: "ada",
        user_claim: "page" as const,
      });
      append(ledger, [
        toEvent({ ...sees, visitor: 1, hour: 1 }, 1),
        toEvent({ ...buys, visitor: 1, hour: 2, value: 900 }, 2),
        toEvent({ ...sees, visitor: 3, hour: firstHour }, 3),
      ]);
      follow(ledger);
      await keeper.prune(prunedBefore, null);
      append(ledger, [
        toEvent({ ...sees, visitor: 2, hour: 29 }, 4),
        toEvent({ ...buys, visitor: 3, hour: 29, value: 50 }, 5),
        signIn(1),
      ]);
      follow(ledger);
      if (restart) {
        ledger.close();
        ({ ledger, keeper } = open(dir));
      }
      const between = toEvent({ ...buys, visitor: 1, hour: 34, value: 400 }, 20);
      append(ledger, [signIn(2), between, signIn(3)]);
      follow(ledger);
      const sum = 9 + 0.5 + 1 + 2 + 4 + 3;
      const expected = [["finished", "b", "purchase", 1, 1, sum, sum * sum]];
      assert.deepEqual(results(dir).outcomes, expected, `first seen in hour ${firstHour}, ${restart}`);
      ledger.close();
    });
  }
});

test("who is taken apart again has counted once: what is there with each, what is gone with one of them", async () => {
  await inFolder(async (dir) => {
    const { ledger, keeper } = open(dir);
    const old = { visitor: 1, variant: "b", value: 900 } as const;
    const signIn = (visitor: number) => ({
      ...toEvent(
        { ...old, visitor, kind: "purchase", hour: 30 + visitor, value: 100 * visitor },
        10 + visitor,
      ),
      user_id: "ada",
      user_claim: "page" as const,
    });
    append(ledger, [
      toEvent({ ...old, kind: "finished", hour: 1 }, 1),
      toEvent({ ...old, kind: "purchase", hour: 2 }, 2),
    ]);
    follow(ledger);
    await keeper.prune(prunedBefore, null);
    append(ledger, [toEvent({ ...old, visitor: 2, kind: "finished", hour: 30 }, 3), signIn(1), signIn(2)]);
    follow(ledger);
    assert.deepEqual(results(dir).outcomes, [["finished", "b", "purchase", 1, 1, 12, 144]]);
    const undone = undoClaim({ site: "main", visitor: "visitor-2", user: "ada" }, start + 40 * hourMs);
    append(ledger, [undone.event]);
    follow(ledger);
    assert.deepEqual(results(dir).outcomes, [["finished", "b", "purchase", 2, 2, 12, 104]]);
    ledger.close();
  });
});
