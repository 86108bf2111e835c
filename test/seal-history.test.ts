import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { configSchema } from "../gateway/config/schema.ts";
import type { Event } from "../gateway/model/event.ts";
import { hashedId } from "../gateway/model/ids.ts";
import { openProjectedLedger, type ProjectedLedger } from "../gateway/projected-ledger.ts";
import { openReader } from "../gateway/store/reader.ts";
import { createKeeper } from "../gateway/store/segments/keeper.ts";

const start = Date.UTC(2026, 0, 1);
const { data, sites, experiments } = configSchema.parse({
  experiments: [
    {
      key: "headline",
      variants: [{ key: "control" }, { key: "b" }],
      goals: [{ key: "purchase", event: "purchase", value: "value" }],
    },
  ],
});

/** The same numbers for the same seed. */
const random = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
};

/** Events of a few visitors over two days, in no order at all. */
const history = (seed: number): readonly Event[] => {
  const draw = random(seed);
  return Array.from({ length: 30 }, (_, i): Event => {
    const kind = draw(4);
    const base = {
      id: hashedId([String(seed), String(i)]),
      property_id: "main",
      tracking_protocol: "native",
      timestamp_utc: start + draw(200) * 900_000,
      received_at: start + i,
      client_id: `visitor-${draw(3)}`,
      page_location: `https://shop.example/${i}`,
    } as const;
    if (kind === 0) {
      const variation_id = draw(2) === 0 ? "control" : "b";
      return { ...base, type: "exposure", name: "exposure", experiment_id: "headline", variation_id };
    }
    if (kind === 1) return { ...base, type: "outcome", name: "purchase", value: draw(500) };
    return { ...base, type: "page", name: "page_view", ...(draw(3) === 0 && { utm_campaign: "spring" }) };
  });
};

const store = (ledger: ProjectedLedger, events: readonly Event[]): void => {
  const lines = events.map((event) => JSON.stringify(event));
  ledger.append({ lines, keyTimes: events.map((event) => event.timestamp_utc), rejects: [] });
  while (ledger.pending() > 0) ledger.follow(1000);
};

const tables = [
  "SELECT * FROM sessions ORDER BY person, started_at, session_id",
  "SELECT * FROM experiment_subjects ORDER BY experiment, person",
  "SELECT * FROM experiment_days ORDER BY experiment, variant, goal, day",
];

const rowsOf = (dir: string): readonly unknown[] => {
  const reader = openReader(dir, { sealed: "wait" });
  const found = [...tables.map((sql) => [...reader.query(sql).rows]), reader.read(0, 1000)];
  reader.close();
  return found;
};

/** What is in the tables after this history; with `sealed`, journal rows go three times on the way. */
const live = async (events: readonly Event[], sealed: boolean): Promise<readonly unknown[]> => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-history-"));
  const clock = () => start + 86_400_000;
  const ledger = openProjectedLedger({ ...data, dir, sites, experiments }, clock);
  const keeper = createKeeper({
    dir,
    clock,
    write: async (call) => ledger.segments(call),
    journalDays: 0,
    pinned: {},
  });
  for (let i = 0; i < events.length; i += 10) {
    store(ledger, events.slice(i, i + 10));
    if (sealed) await keeper.seal();
  }
  const after = rowsOf(dir);
  ledger.rebuildExperiments();
  assert.deepEqual(rowsOf(dir), after, "rebuilt from what is stored");
  ledger.close();
  rmSync(dir, { recursive: true });
  return after;
};

for (const seed of [1, 2]) {
  test(`late events find a past that lies in sealed files alone, history ${seed}`, async () => {
    const events = history(seed);
    assert.deepEqual(await live(events, true), await live(events, false));
  });
}
