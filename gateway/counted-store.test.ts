import assert from "node:assert/strict";
import { test } from "node:test";
import { countedStore, filteredStore } from "./counted-store.ts";
import { createTally } from "./metrics/tally.ts";
import type { Event, Keyed } from "./model/event.ts";
import { StoreBusy } from "./model/event-store.ts";
import { testSite } from "./model/test-site.ts";

const dropsX = { name: "x", type: "exclude", test_mode: false, expression: "name == 'x'" } as const;
const filters = { conditions: [dropsX] };
const sites = [{ ...testSite, filters }] as const;

const eventsNamed = (...names: readonly string[]): readonly Keyed[] =>
  names.map((name) => ({ event: { name, received_at: 0, timestamp_utc: 0 } as Event, keyTime: null }));

const open = (fails = false) => {
  const tally = createTally();
  const stored: string[] = [];
  const store = {
    async append(events: readonly Keyed[]) {
      if (fails) throw new StoreBusy("full", 1);
      stored.push(...events.map(({ event }) => event.name));
    },
    reject() {},
  };
  const counted = countedStore(store, tally);
  return { tally, stored, store: filteredStore(counted, sites, ({ name }) => name !== "x", tally) };
};

test("events that a filter drops are counted as that, and not as accepted", async () => {
  const { tally, stored, store } = open();
  await store.append(eventsNamed("a", "x", "b"));
  await store.append(eventsNamed("x"));
  assert.deepEqual(stored, ["a", "b"]);
  assert.deepEqual(tally.counts().events, { accepted: 2, filtered: 2 });
});

test("what is answered with 503 is refused, and what a filter drops of it is not counted before it comes again", async () => {
  const { tally, store } = open(true);
  await assert.rejects(store.append(eventsNamed("a", "x")), StoreBusy);
  assert.deepEqual(tally.counts().events, { refused: 1 });
});

test("without filters the store is the store", () => {
  const { store } = open();
  assert.equal(
    filteredStore(store, [testSite], () => true, undefined),
    store,
  );
});
