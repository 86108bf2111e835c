import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Event } from "../model/event.ts";
import { openDatabase } from "./database.ts";
import { readSecret } from "./secret.ts";
import { tombstoneOf } from "./segments/erasures.ts";
import { eventForTest, noon, openTestFolder, type TestFolder } from "./segments/test-folder.ts";
import { openSinkSource, type SinkPage } from "./sink-source.ts";
import { keepSinkPlaces } from "./sink-table.ts";

const events = (count: number, change: (n: number) => Partial<Event> = () => ({})): readonly Event[] =>
  Array.from({ length: count }, (_, n) => eventForTest(change(n)));

const idsOf = ({ rows }: SinkPage): readonly (string | null)[] => rows.map(({ event }) => event?.id ?? null);

/** All pages from the beginning, as a sink reads them. */
const readAll = (
  dir: string,
  limit: number,
): { readonly ids: readonly (string | null)[]; readonly upTo: number } => {
  const source = openSinkSource(dir);
  const ids: (string | null)[] = [];
  let after = 0;
  for (;;) {
    const page = source.read(after, limit);
    if (page.upTo === after) break;
    ids.push(...idsOf(page));
    after = page.upTo;
  }
  source.close();
  return { ids, upTo: after };
};

const withFolder = async (
  options: Parameters<typeof openTestFolder>[0],
  work: (folder: TestFolder) => Promise<void> | void,
): Promise<void> => {
  const folder = openTestFolder(options);
  try {
    await work(folder);
  } finally {
    folder.close();
  }
};

test("events come in order of receipt, page by page, and no page is longer than asked", async () => {
  await withFolder({}, ({ dir, store }) => {
    const all = events(25);
    store(all);
    assert.deepEqual(readAll(dir, 10), { ids: all.map(({ id }) => id), upTo: 25 });
    const source = openSinkSource(dir);
    assert.deepEqual([source.read(20, 3).rows.length, source.read(25, 3)], [3, { rows: [], upTo: 25 }]);
    store(events(1));
    assert.equal(source.read(25, 3).rows.length, 1, "what is stored later is seen");
    source.close();
  });
});

test("a page ends early where its events are large", async () => {
  await withFolder({}, ({ dir, store }) => {
    store(events(6, () => ({ properties: { text: "x".repeat(1_500_000) } })));
    const source = openSinkSource(dir);
    assert.equal(source.read(0, 100).rows.length, 3);
    source.close();
  });
});

for (const limit of [7, 10, 1000]) {
  test(`events that have left the journal come out of sealed files, in pages of ${limit}`, async () => {
    await withFolder({ journalDays: 0, clock: () => noon + 60_000 }, async ({ dir, store, keeper }) => {
      const old = events(20);
      store(old);
      await keeper.seal();
      const fresh = events(5);
      store(fresh);
      assert.deepEqual(readAll(dir, limit), { ids: [...old, ...fresh].map(({ id }) => id), upTo: 25 });
    });
  });
}

test("an erased visitor's events are not shown, before the files follow and after", async () => {
  await withFolder({ journalDays: 0, clock: () => noon + 60_000 }, async ({ dir, store, keeper }) => {
    const change = (n: number) => ({ client_id: `visitor-${n % 2}` });
    const old = events(4, change);
    store(old);
    await keeper.seal();
    const fresh = events(4, change);
    store(fresh);
    const kept = [...old, ...fresh].filter(({ client_id }) => client_id === "visitor-0").map(({ id }) => id);
    const shown = () => readAll(dir, 100).ids.filter((id) => id !== null);
    let marked: readonly string[] = [];
    const erasing = keeper.erase({ column: "client_id", value: "visitor-1", site: null });
    marked = shown(); // its first step is done by now: the rest waits for its turn
    await erasing;
    assert.deepEqual([marked, shown()], [kept, kept]);
  });
});

test("what comes late of an erased visitor is not shown, though it is not sealed yet", async () => {
  await withFolder({}, ({ dir, store }) => {
    const later = eventForTest({ timestamp_utc: noon + 1 });
    const other = eventForTest({ client_id: "visitor-2" });
    store([eventForTest({ timestamp_utc: noon }), later, other]); // before such events were left out when they came
    const secret = readSecret(dir);
    const db = openDatabase(dir);
    db.prepare("INSERT INTO tombstones VALUES (?, ?)").run(tombstoneOf(secret, "main", "visitor-1"), noon);
    db.close();
    assert.deepEqual(readAll(dir, 10).ids, [null, later.id, other.id]);
  });
});

test("where days were pruned the place moves past them", async () => {
  await withFolder({ journalDays: 0, clock: () => noon + 60_000 }, async ({ dir, store, keeper }) => {
    store(events(5, () => ({ timestamp_utc: noon - 3 * 86_400_000 })));
    const kept = events(2);
    store(kept);
    await keeper.prune("2026-01-30", null);
    assert.deepEqual(readAll(dir, 100), { ids: kept.map(({ id }) => id), upTo: 7 });
  });
});

test("a row that leaves the journal between two pages is not skipped", async () => {
  await withFolder({ journalDays: 0, clock: () => noon + 60_000 }, async ({ dir, store, keeper }) => {
    const all = events(9);
    store(all);
    const source = openSinkSource(dir);
    const first = source.read(0, 4);
    await keeper.seal();
    const rest = source.read(first.upTo, 100);
    source.close();
    assert.deepEqual(
      [...idsOf(first), ...idsOf(rest)],
      all.map(({ id }) => id),
    );
  });
});

test("places of sinks are kept, and the newest counts", async () => {
  await withFolder({}, ({ ledger, reader }) => {
    const place = { seq: 3, receivedAt: null, failures: 0, missed: 0, lastError: null, lastErrorAt: null };
    ledger.keepSinkPlaces([
      { id: "b", ...place },
      { id: "a", ...place },
    ]);
    const newer = {
      ...place,
      id: "b",
      seq: 9,
      receivedAt: noon,
      failures: 2,
      missed: 4,
      lastError: "no",
      lastErrorAt: 7,
    };
    ledger.keepSinkPlaces([newer]);
    assert.deepEqual(reader.report("sinks", {}), [{ id: "a", ...place }, newer]);
  });
});

test("a place is behind since the oldest event after it was received", async () => {
  await withFolder({ journalDays: 0, clock: () => noon + 60_000 }, async ({ store, keeper, reader }) => {
    const since = (seq: number, at: number | null) =>
      reader.report("waiting-since", { seq, at })[0]?.["since"];
    store(events(3, (n) => ({ received_at: noon + n * 1000 })));
    assert.deepEqual([since(0, null), since(1, noon), since(3, noon)], [noon, noon + 1000, null]);
    await keeper.seal();
    store(events(1, () => ({ received_at: noon + 50_000 })));
    assert.deepEqual(
      [since(1, noon), since(3, noon + 2000)],
      [noon, noon + 50_000],
      "of what only files hold, at the latest since the place",
    );
  });
});

test("keeping places leaves every other commit waiting for the disk", () => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-places-"));
  const db = openDatabase(dir);
  const place = {
    id: "a",
    seq: 1,
    receivedAt: null,
    failures: 0,
    missed: 0,
    lastError: null,
    lastErrorAt: null,
  };
  const mode = () => db.pragma("synchronous", { simple: true });
  assert.equal(mode(), 2);
  keepSinkPlaces(db, [place]);
  assert.equal(mode(), 2);
  assert.throws(() => keepSinkPlaces(db, [{ ...place, seq: 0.5 }]), "a place that is no sequence");
  assert.equal(mode(), 2, "also where it fails");
  db.close();
  rmSync(dir, { recursive: true });
});
