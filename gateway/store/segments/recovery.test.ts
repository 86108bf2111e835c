import assert from "node:assert/strict";
import {
  copyFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openDatabase } from "../database.ts";
import { listEventFiles } from "./folder.ts";
import { createKeeper } from "./keeper.ts";
import type { Looked } from "./look-job.ts";
import type { Manifest } from "./manifest.ts";
import { noteTrouble } from "./noted-trouble.ts";
import { whyDamaged, whyForeign } from "./recovery.ts";
import type { Erasure, Segment } from "./segment.ts";
import { eventForTest, noon, openTestFolder } from "./test-folder.ts";

const dayMs = 86_400_000;

test("a folder of sealed events whose database is gone is refused, and stays as it is", async () => {
  const folder = openTestFolder();
  folder.store([eventForTest()]);
  await folder.keeper.seal();
  const copy = mkdtempSync(join(tmpdir(), "turnpike-orphans-"));
  cpSync(join(folder.dir, "events"), join(copy, "events"), { recursive: true });
  const files = listEventFiles(copy);
  const refused =
    /^Error: store: \S+events holds sealed events, and the turnpike\.db .* is gone: put it back/;
  assert.throws(() => openDatabase(copy), refused);
  writeFileSync(join(copy, "turnpike.db"), ""); // what a copy on a full disk leaves
  assert.throws(() => openDatabase(copy), refused);
  assert.deepEqual(listEventFiles(copy), files);
  assert.equal(files.length, 1);
  folder.close();
  rmSync(copy, { recursive: true });
});

test("a database that is older than its folder takes nothing out of it, and seals nothing into it", async () => {
  const folder = openTestFolder();
  folder.store([eventForTest()]);
  await folder.keeper.seal();
  const old = mkdtempSync(join(tmpdir(), "turnpike-old-"));
  await folder.keeper.backup(join(old, "backup"));
  // The same day's file grows, and another day begins.
  folder.store([eventForTest(), eventForTest({ timestamp_utc: noon + dayMs, received_at: noon + dayMs })]);
  await folder.keeper.seal();
  const later = join(old, "later");
  await folder.keeper.backup(later);
  const files = listEventFiles(later);
  copyFileSync(join(later, "turnpike.db"), join(old, "same-moment.db"));
  copyFileSync(join(old, "backup", "turnpike.db"), join(later, "turnpike.db"));

  const mixed = openTestFolder({ dir: later });
  const noted = noteTrouble(mixed.keeper);
  assert.equal(noted.trouble(), null);
  const refused = /holds events that turnpike\.db has never had, so it is older than the folder/;
  await assert.rejects(noted.recover(), refused);
  assert.match(noted.trouble() ?? "", refused);
  mixed.store([eventForTest()]);
  await assert.rejects(mixed.keeper.seal(), refused);
  await assert.rejects(mixed.keeper.prune("2999-01-01", null), refused);
  assert.deepEqual(listEventFiles(later), files);
  assert.equal((await mixed.keeper.verify()).findings.length, 2);
  mixed.close();

  // With the database of the same moment all is there.
  for (const name of ["turnpike.db-wal", "turnpike.db-shm"]) rmSync(join(later, name), { force: true });
  copyFileSync(join(old, "same-moment.db"), join(later, "turnpike.db"));
  const whole = openTestFolder({ dir: later });
  const healed = noteTrouble(whole.keeper);
  await healed.recover();
  assert.equal(healed.trouble(), null);
  assert.deepEqual((await whole.keeper.verify()).findings, []);
  whole.close();
  folder.close();
  rmSync(old, { recursive: true });
});

test("the list of the files is written anew where it is gone or says something else", async () => {
  const folder = openTestFolder();
  folder.store([eventForTest()]);
  await folder.keeper.seal();
  const list = join(folder.dir, "events", "_manifest.json");
  const text = readFileSync(list, "utf8");
  rmSync(list);
  await folder.keeper.recover();
  assert.equal(readFileSync(list, "utf8"), text);
  writeFileSync(list, "nonsense");
  await folder.keeper.recover();
  assert.equal(readFileSync(list, "utf8"), text);
  folder.close();
});

test("a damaged file is told and stays as it is; what a look over all finds says all of it", async () => {
  const folder = openTestFolder({ clock: () => noon + 20 * dayMs }); // the journal lets them go
  folder.store([eventForTest(), eventForTest({ timestamp_utc: noon + dayMs, received_at: noon + dayMs })]);
  await folder.keeper.seal();
  const [first = "", second = ""] = listEventFiles(folder.dir)
    .filter((path) => path.endsWith(".parquet"))
    .sort();
  const placeOf = (path: string) => join(folder.dir, "events", path);

  copyFileSync(placeOf(first), placeOf(second));
  await assert.rejects(
    folder.keeper.recover(),
    /date=\S+ is not as it was written \(1 event, and 1 by the manifest\)/,
  );
  assert.match((await folder.keeper.verify()).findings.join("\n"), new RegExp(`^events/${second} holds`));

  truncateSync(placeOf(second), 30);
  const told =
    /^Error: store: sealed events cannot be read: [^\n]+: `turnpike verify` says which files are damaged$/;
  assert.throws(() => folder.reader.read(0, 10), told);
  await assert.rejects(
    folder.keeper.recover(),
    /the sealed file events\/\S+ cannot be read \(.*\): put it back/,
  );
  assert.match(
    (await folder.keeper.verify()).findings.join("\n"),
    /^events\/\S+ cannot be read .*put it back/,
  );
  folder.close();
});

test("a file with another byte in its midst is not written anew as if it were whole", async () => {
  const folder = openTestFolder();
  const visitors = Array.from({ length: 200 }, (_, i) => eventForTest({ client_id: `visitor-${i}` }));
  folder.store(visitors);
  await folder.keeper.seal();
  const [file = ""] = listEventFiles(folder.dir).map((path) => join(folder.dir, "events", path));
  const whole = readFileSync(file);
  const bytes = Buffer.from(whole);
  bytes[100] = (bytes[100] ?? 0) ^ 0xff;
  writeFileSync(file, bytes);
  folder.store([eventForTest()]);
  const told = /the sealed file events\/site=main\/\S+ is not as it was written: put it back from a backup$/;
  const [damaged = ""] = (await folder.keeper.seal()).damaged ?? [];
  assert.match(damaged, told);
  const who = { column: "client_id", value: "visitor-7", site: null } as const;
  await assert.rejects(folder.keeper.erase(who), told);
  assert.deepEqual(readFileSync(file), bytes);
  assert.equal(folder.reader.read(0, 300).length, 200, "nothing of the visitor is shown");
  writeFileSync(file, whole);
  await folder.keeper.seal();
  assert.deepEqual((await folder.keeper.verify()).findings, []);
  folder.close();
});

test("a visitor is erased from one site although a file of another is gone", async () => {
  const folder = openTestFolder();
  folder.store([
    eventForTest(),
    eventForTest({ client_id: "visitor-7" }),
    eventForTest({ property_id: "other" }),
  ]);
  await folder.keeper.seal();
  rmSync(join(folder.dir, "events", "site=other"), { recursive: true });
  await folder.keeper.erase({ column: "client_id", value: "visitor-7", site: "main" });
  const { findings } = await folder.keeper.verify();
  assert.match(findings.join("\n"), /^events\/site=other\/\S+ is missing: put it back from a backup$/);
  const gone = folder.keeper.erase({ column: "client_id", value: "visitor-1", site: "other" });
  await assert.rejects(
    gone,
    /the sealed file events\/site=other\/\S+ cannot be read \(ENOENT\): put it back/,
  );
  folder.close();
});

test("an erasure that fails between its files and the manifest is ended by the next sealing", async () => {
  let isFailing = true;
  const folder = openTestFolder();
  const keeper = createKeeper({
    dir: folder.dir,
    clock: () => noon,
    journalDays: 8,
    pinned: {},
    async write(call) {
      if (call.kind === "rewritten" && isFailing) throw new Error("the disk is full");
      return folder.ledger.segments(call);
    },
  });
  folder.store([eventForTest(), eventForTest({ client_id: "visitor-7" })]);
  await keeper.seal();
  await assert.rejects(keeper.erase({ column: "client_id", value: "visitor-7", site: null }), /disk is full/);
  isFailing = false;
  folder.store([eventForTest()]);
  await keeper.seal();
  assert.deepEqual((await keeper.verify()).findings, []);
  assert.equal(folder.reader.read(0, 10).length, 2);
  folder.close();
});

const lookedAt = (change: Partial<Looked> = {}): Looked => ({
  path: "b.parquet",
  trouble: null,
  maxSeq: 20,
  rows: 3,
  seqSum: 33,
  ...change,
});

test("a file is another database's where it has events beyond the last this one gave", () => {
  for (const [lastSeq, isForeign] of [
    [19, true],
    [20, false],
    [21, false],
  ] as const)
    assert.equal(
      whyForeign([lookedAt({ maxSeq: 1 }), lookedAt()], lastSeq) !== null,
      isForeign,
      `${lastSeq}`,
    );
});

test("a file is damaged where it holds other rows than were sealed, and no erasure was cut short", () => {
  const segments = ["a", "b"].map((name) => ({ path: `${name}.parquet`, rows: 3, seqSum: 33 }) as Segment);
  const erasure = { column: "client_id" } as Erasure;
  for (const [change, erasures, why] of [
    [{}, [], null],
    [{ path: "a.parquet" }, [], null],
    [{ rows: 2 }, [], /^Error: store: events\/b\.parquet is not as it was written \(2 events, and 3 by/],
    [{ seqSum: 34 }, [], /is not as it was written/],
    [{ rows: 2, seqSum: 20 }, [erasure], null],
    [{ trouble: "no footer" }, [erasure], /cannot be read \(no footer\)/],
    [{ path: "stray.parquet", rows: 9, trouble: "no footer" }, [], null],
  ] as const) {
    const told = whyDamaged([lookedAt(change)], { segments, erasures } as unknown as Manifest);
    if (why === null) assert.equal(told, null, JSON.stringify(change));
    else assert.match(String(told), why);
  }
});
