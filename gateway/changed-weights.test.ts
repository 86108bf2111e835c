import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readExperiments } from "./api/overview.ts";
import { makeExperiment, makeExposure, makeHappening } from "./experiment/fake-experiment.ts";
import { newId } from "./model/ids.ts";
import { openProjectedLedger, type ProjectionSettings } from "./projected-ledger.ts";
import { readPhases } from "./report/outcomes.ts";
import { openReader } from "./store/reader.ts";
import { bodyOf } from "./store/stored-event.ts";

const dayMs = 86_400_000;
const start = Date.UTC(2026, 0, 5, 12);

/** Two variants under changing weights, over days; `people` first see control and b, and each of them buys for `value`. */
const openShop = () => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-weights-"));
  let now = start;
  const experimentOf = (weights: readonly number[]) =>
    makeExperiment({
      variants: ["control", "b"].map((key, i) => ({ key, weight: weights[i] ?? 1, params: {} })),
    });
  const settingsOf = (weights: readonly number[] | null): ProjectionSettings => ({
    dir,
    rejectsKept: 1,
    rejectDays: 1,
    sites: [],
    experiments: weights === null ? [] : [experimentOf(weights)],
  });
  const open = (weights: readonly number[] | null) => openProjectedLedger(settingsOf(weights), () => now);
  let ledger = open([1, 1]);
  return {
    weigh: (...weights: readonly number[]) => ledger.configure(settingsOf(weights)),
    leaveOut: () => ledger.configure(settingsOf(null)),
    restart(...weights: readonly number[]) {
      ledger.close();
      ledger = open(weights);
    },
    see(day: number, people: readonly number[], value?: number) {
      now = start + day * dayMs;
      const events = ["control", "b"].flatMap((variant, i) =>
        Array.from({ length: people[i] ?? 0 }, () => {
          const id = newId();
          return [
            makeExposure(id, now, variant, { client_id: id }),
            ...(value === undefined ? [] : [makeHappening(newId(), now, { client_id: id, value })]),
          ];
        }).flat(),
      );
      ledger.append({ lines: events.map(bodyOf), keyTimes: events.map(() => now), rejects: [] });
      while (ledger.pending() > 0) ledger.follow(1000);
    },
    async report(...weights: readonly number[]) {
      const reader = openReader(dir);
      const store = { report: async (name: string) => reader.report(name, {}) };
      const [report] = await readExperiments(store, [experimentOf(weights)]);
      reader.close();
      assert.ok(report);
      const [goal] = report.goals;
      const warning = /^warning: [^,]*/.exec(goal?.sentence ?? "")?.[0] ?? null;
      const exposed = goal?.variants.map((variant) => variant.exposed);
      return { p: report.sampleRatioP, since: report.splitSince, exposed, warning };
    },
    async firstSeen() {
      const reader = openReader(dir);
      const store = { report: async (name: string) => reader.report(name, {}) };
      const [report] = await readExperiments(store, [experimentOf([1, 1])]);
      reader.close();
      return report?.firstSeen;
    },
    /** how many first saw each variant, between one change and the next */
    phases() {
      const reader = openReader(dir);
      const rows = reader.report("phases", {});
      reader.close();
      return rows.map(({ phase, variant, exposed }) => [phase, variant, exposed]);
    },
    /** what people of each variant brought between two changes: sum, and sum of the squares */
    async amounts() {
      const reader = openReader(dir);
      const phases = await readPhases({ report: async (name) => reader.report(name, {}) });
      reader.close();
      return [...phases.values()].flat(2).map(({ variant, sum, sumSquares }) => [variant, sum, sumSquares]);
    },
    close() {
      ledger.close();
      rmSync(dir, { recursive: true });
    },
  };
};

test("after a change of weights the split is judged by who came after its day", async () => {
  const shop = openShop();
  shop.see(0, [200, 200]);
  shop.weigh(9, 1);
  assert.deepEqual(await shop.report(9, 1), {
    p: null,
    since: "2026-01-05",
    exposed: [200, 200],
    warning: null,
  });
  shop.see(0, [100, 20]);
  assert.equal((await shop.report(9, 1)).p, null, "on that day both held");
  shop.see(1, [180, 20]);
  assert.deepEqual(await shop.report(9, 1), {
    p: 1,
    since: "2026-01-05",
    exposed: [480, 240],
    warning: null,
  });
  shop.see(2, [0, 100]);
  const { p, warning } = await shop.report(9, 1);
  assert.ok(p !== null && p < 0.001);
  assert.equal(warning, "warning: visitors are not split as set (180 : 120 after 2026-01-05)");
  shop.close();
});

test("an experiment is told since when people see it, and one that nobody sees has no such day", async () => {
  const shop = openShop();
  assert.equal(await shop.firstSeen(), null);
  shop.see(3, [1, 0]);
  shop.see(2, [0, 1]);
  shop.see(4, [5, 5]);
  assert.equal(await shop.firstSeen(), "2026-01-07");
  shop.close();
});

test("weights that were the same ever since are judged by everybody", async () => {
  const shop = openShop();
  shop.see(0, [300, 100]);
  for (const same of [
    () => shop.weigh(2, 2),
    () => shop.restart(5, 5),
    () => shop.leaveOut(),
    () => shop.weigh(1, 1),
  ])
    same();
  const { since, warning } = await shop.report(1, 1);
  assert.deepEqual([since, warning], [null, "warning: visitors are not split as set (300 : 100)"]);
  shop.close();
});

test("weights that change before anybody came, or while the gateway is stopped, are those of their time", async () => {
  const shop = openShop();
  shop.weigh(3, 1);
  shop.see(0, [300, 100]);
  assert.deepEqual(await shop.report(3, 1), { p: 1, since: null, exposed: [300, 100], warning: null });
  shop.see(4, []);
  shop.restart(1, 1);
  shop.see(5, [50, 50]);
  const { p, since } = await shop.report(1, 1);
  assert.deepEqual([p, since], [1, "2026-01-09"]);
  shop.close();
});

test("people are compared between two changes, and not on the days of the changes", async () => {
  const shop = openShop();
  shop.see(0, [200, 190]);
  assert.deepEqual(shop.phases(), []);
  shop.see(1, [30, 31]);
  shop.weigh(9, 1);
  shop.see(1, [60, 7]);
  shop.see(2, [90, 10]);
  shop.see(3, [91, 11]);
  shop.see(4, []);
  shop.restart(1, 1);
  shop.see(5, [50, 51]);
  assert.deepEqual(shop.phases(), [
    [0, "b", 190],
    [0, "control", 200],
    [1, "b", 21],
    [1, "control", 181],
    [2, "b", 51],
    [2, "control", 50],
  ]);
  shop.close();
});

test("amounts are those of people who came between two changes, exact where they are large", async () => {
  const shop = openShop();
  shop.see(0, [2, 1], 3e6);
  shop.see(1, [5, 5], 7);
  shop.weigh(9, 1);
  shop.see(2, [2, 2], 0.5);
  assert.deepEqual(await shop.amounts(), [
    ["b", 3e6, 9e12],
    ["control", 6e6, 18e12],
    ["b", 1, 0.5],
    ["control", 1, 0.5],
  ]);
  shop.close();
});
