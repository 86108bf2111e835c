/** Results of experiments worked out again a step at a time, while events come, visitors are joined, and the process ends. */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { readExperiments } from "./api/overview.ts";
import { run } from "./commands/run-for-test.ts";
import { configSchema } from "./config/schema.ts";
import type { Event } from "./model/event.ts";
import { hashedId } from "./model/ids.ts";
import { openProjectedLedger, type ProjectedLedger, type ProjectionSettings } from "./projected-ledger.ts";
import { openReader } from "./store/reader.ts";
import { createKeeper } from "./store/segments/keeper.ts";
import { bodyOf } from "./store/stored-event.ts";
import { readResults } from "./test-results.ts";

const start = Date.UTC(2026, 0, 1);

const settings = (dir: string, goal = "purchase", key = "headline"): ProjectionSettings => {
  const { data, sites, experiments } = configSchema.parse({
    experiments: [
      {
        key,
        variants: [{ key: "control" }, { key: "b" }],
        goals: [{ key: goal, event: "purchase", value: "value" }],
      },
    ],
  });
  return { ...data, dir, sites, experiments };
};

const drawnEvent = fc.record({
  visitor: fc.integer({ min: 0, max: 11 }),
  tenMinutes: fc.integer({ min: 0, max: 60 }),
  kind: fc.constantFrom("page_view", "purchase", "purchase", "exposure", "exposure"),
  variant: fc.constantFrom("control", "b", "b", "b", "b", "b"),
  value: fc.integer({ min: -500, max: 500 }),
  user: fc.constantFrom(...Array.from({ length: 12 }, () => null), "ada", "bob"),
});

type Drawn = typeof drawnEvent extends fc.Arbitrary<infer T> ? T : never;

const types = { page_view: "page", purchase: "outcome", exposure: "exposure" } as const;

const toEvent = (drawn: Drawn, index: number): Event => ({
  id: hashedId([String(index), JSON.stringify(drawn)]),
  property_id: "main",
  tracking_protocol: "native",
  type: types[drawn.kind as keyof typeof types],
  name: drawn.kind,
  timestamp_utc: start + drawn.tenMinutes * 600_000,
  received_at: start,
  client_id: `visitor-${drawn.visitor}`,
  ...(drawn.user === null ? {} : { user_id: drawn.user, user_claim: "page" }),
  ...(drawn.kind === "purchase" ? { value: drawn.value / 100 } : {}),
  ...(drawn.kind === "exposure" ? { experiment_id: "headline", variation_id: drawn.variant } : {}),
});

const append = (ledger: ProjectedLedger, events: readonly Event[]): void => {
  const keyTimes = events.map((event) => event.timestamp_utc);
  ledger.append({ lines: events.map(bodyOf), keyTimes, rejects: [] });
};

const open = (dir: string): ProjectedLedger => openProjectedLedger(settings(dir), () => start, "in steps");

/** What is shown of people, whom all their visitors name. */
const results = (dir: string) => {
  const reader = openReader(dir);
  const rows = (sql: string) => [...reader.query(sql).rows];
  const found = {
    ...readResults(reader),
    outcomes: rows("SELECT * FROM experiment_outcomes ORDER BY 1, 2, 3"),
  };
  reader.close();
  return found;
};

const leftOver = (dir: string): readonly unknown[] => {
  const reader = openReader(dir);
  const tables = [
    "rebuilt_subjects",
    "rebuilt_subject_goals",
    "rebuilt_days",
    "rebuilt_moved",
    "experiment_rebuild",
  ];
  const counts = tables.flatMap((table) => [...reader.query(`SELECT count(*) FROM ${table}`).rows].flat());
  reader.close();
  return counts;
};

const folder = (): string => mkdtempSync(join(tmpdir(), "turnpike-rebuild-"));

const inFolder = async <T>(work: (dir: string) => T | Promise<T>): Promise<T> => {
  const dir = folder();
  try {
    return await work(dir);
  } finally {
    rmSync(dir, { recursive: true });
  }
};

const whole = (events: readonly Event[]) =>
  inFolder((dir) => {
    const ledger = open(dir);
    append(ledger, events);
    ledger.close();
    return results(dir);
  });

const step = async (ledger: ProjectedLedger, rows: number): Promise<void> => {
  const { signal } = new AbortController();
  await ledger.rebuilding.fetch(signal);
  const lacking = ledger.rebuilding.step(rows);
  if (lacking.length > 0) assert.ok(await ledger.readPast(lacking, signal));
};

const events = fc.array(drawnEvent, { minLength: 2, maxLength: 60 }).map((drawn) => drawn.map(toEvent));

test("events that come between the steps of a rebuild count once, whoever they join, and the rows are the same", async () => {
  const moves = fc.array(fc.constantFrom("event", "step", "step"), { minLength: 10, maxLength: 200 });
  const one = fc.record({ events, moves, before: fc.nat(40), rows: fc.integer({ min: 1, max: 7 }) });
  await fc.assert(
    fc.asyncProperty(one, async ({ events, moves, before, rows }) => {
      await inFolder(async (dir) => {
        const ledger = open(dir);
        const coming = events.slice(before);
        append(ledger, events.slice(0, before));
        while (ledger.pending() > 0) ledger.follow(1000);
        ledger.rebuilding.start();
        for (const move of moves) {
          if (move === "step") await step(ledger, rows);
          else append(ledger, coming.splice(0, 1));
          if (move === "event" && coming.length % 2 === 0) ledger.follow(3);
        }
        append(ledger, coming);
        while (ledger.rebuilding.hasWork()) await step(ledger, rows);
        ledger.close();
        assert.deepEqual(results(dir), await whole(events));
        assert.deepEqual(leftOver(dir), [0, 0, 0, 0, 0]);
      });
    }),
    { numRuns: 60 },
  );
});

test("after each step a folder shows the results that it showed, and a rebuild goes on from there", async () => {
  const drawn = fc.sample(drawnEvent, { numRuns: 120, seed: 7 }).map(toEvent);
  const wanted = await whole(drawn);
  await inFolder(async (dir) => {
    const ledger = open(dir);
    append(ledger, drawn);
    while (ledger.pending() > 0) ledger.follow(1000);
    ledger.rebuilding.start();
    let steps = 0;
    while (ledger.rebuilding.hasWork()) {
      const copy = folder(); // as a process leaves it that is killed here: what was committed lies in the files
      cpSync(dir, copy, { recursive: true });
      assert.deepEqual(results(copy), wanted, `shown before step ${steps}`);
      const next = open(copy);
      while (next.rebuilding.hasWork()) await step(next, 50);
      next.close();
      assert.deepEqual(results(copy), wanted, `ended behind step ${steps}`);
      assert.deepEqual(leftOver(copy), [0, 0, 0, 0, 0]);
      rmSync(copy, { recursive: true });
      await step(ledger, 5);
      steps++;
    }
    ledger.close();
    assert.ok(steps > 20, String(steps));
  });
});

test("a rebuild reads what lies in files alone while the next is sealed, and gives the same", async () => {
  const drawn = fc.sample(drawnEvent, { numRuns: 60, seed: 11 }).map(toEvent);
  const wanted = await whole(drawn);
  await inFolder(async (dir) => {
    const ledger = open(dir);
    const write = async (call: Parameters<typeof ledger.segments>[0]) => ledger.segments(call);
    const keeper = createKeeper({ dir, clock: () => start + 60_000, write, journalDays: 0, pinned: {} });
    append(ledger, drawn.slice(0, 30));
    while (ledger.pending() > 0) ledger.follow(1000);
    await keeper.seal();
    ledger.rebuilding.start();
    append(ledger, drawn.slice(30, 45));
    while (ledger.pending() > 0) ledger.follow(1000);
    for (let i = 0; i < 4; i++) await step(ledger, 10);
    await keeper.seal();
    append(ledger, drawn.slice(45));
    while (ledger.rebuilding.hasWork()) await step(ledger, 10);
    assert.deepEqual(leftOver(dir), [0, 0, 0, 0, 0]);
    ledger.close();
    assert.deepEqual(results(dir), wanted);
  });
});

test("who is erased between two steps is in neither the results that are shown nor those that are worked out", async () => {
  const drawn = fc
    .sample(drawnEvent, { numRuns: 80, seed: 3 })
    .map((one, i) => toEvent({ ...one, user: null }, i));
  const others = drawn.filter((event) => event.client_id !== "visitor-1");
  const wanted = await whole(others);
  for (const before of [2, 5, 9, 12]) {
    await inFolder(async (dir) => {
      const ledger = open(dir);
      append(ledger, drawn);
      while (ledger.pending() > 0) ledger.follow(1000);
      ledger.rebuilding.start();
      for (let i = 0; i < before; i++) await step(ledger, 20);
      ledger.segments({ kind: "erase", column: "client_id", value: "visitor-1", site: null, at: start });
      assert.deepEqual(results(dir), wanted);
      while (ledger.rebuilding.hasWork()) await step(ledger, 20);
      ledger.close();
      assert.deepEqual(results(dir), wanted);
    });
  }
});

test("settings that change in the midst of a rebuild begin it again; what they no longer name stays as it was", async () => {
  const drawn = fc
    .sample(drawnEvent, { numRuns: 60, seed: 5 })
    .map((one, i) => toEvent({ ...one, user: null, variant: "b" }, i));
  await inFolder(async (dir) => {
    const ledger = open(dir);
    append(ledger, drawn);
    while (ledger.pending() > 0) ledger.follow(1000);
    const before = results(dir);
    assert.ok(before.outcomes.length > 0);
    ledger.configure(settings(dir, "sale"));
    for (let i = 0; i < 6; i++) await step(ledger, 10);
    assert.deepEqual(results(dir), before, "shown until the others are there");
    ledger.configure(settings(dir, "order"));
    while (ledger.rebuilding.hasWork()) await step(ledger, 10);
    const goalsShown = () => [...new Set(results(dir).outcomes.map((row) => String(row[2])))];
    assert.deepEqual(goalsShown(), ["order"]);
    const ordered = results(dir);
    ledger.configure(settings(dir, "sale", "another"));
    ledger.rebuilding.start();
    while (ledger.rebuilding.hasWork()) await step(ledger, 3);
    ledger.close();
    assert.deepEqual(results(dir), ordered);
  });
});

test("while results are worked out again, the API and `turnpike sql` say why, how far, and what they show meanwhile", async () => {
  const drawn = fc.sample(drawnEvent, { numRuns: 60, seed: 5 }).map(toEvent);
  await inFolder(async (dir) => {
    const ledger = open(dir);
    append(ledger, drawn);
    while (ledger.pending() > 0) ledger.follow(1000);
    const said = async (goal = "purchase") => {
      const reader = openReader(dir);
      const store = { report: async (name: string) => reader.report(name, {}) };
      const [report] = await readExperiments(store, settings(dir, goal).experiments);
      reader.close();
      const { out, err } = await run(["sql", "select count(*) from experiment_outcomes", "--data", dir]);
      assert.match(out, /\d/);
      assert.equal(err, report?.rebuilding ? `headline: ${report.rebuilding}\n` : "");
      return [report?.rebuilding, report?.goals[0]?.sentence] as const;
    };
    const [none, sentence] = await said();
    assert.equal(none, null);
    ledger.rebuilding.start();
    assert.deepEqual(await said(), [
      "The results are being worked out again (0 % done): until then the figures are those there were.",
      sentence,
    ]);
    ledger.configure(settings(dir, "sale"));
    const percents: number[] = [];
    while (ledger.rebuilding.isRunning()) {
      const [changed, unsaid] = await said("sale");
      assert.match(changed ?? "", /has changed .* under the definition before/);
      assert.match(unsaid ?? "", /^nothing to say yet/);
      percents.push(Number(/\d+/.exec(changed ?? "")?.[0]));
      await step(ledger, 10);
    }
    assert.deepEqual(
      percents,
      [...percents].sort((a, b) => a - b),
      "it never goes back",
    );
    assert.ok(percents.some((percent) => percent > 0 && percent < 99));
    assert.equal((await said("sale"))[0], null);
    ledger.close();
  });
});
