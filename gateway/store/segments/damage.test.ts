import assert from "node:assert/strict";
import { copyFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Event } from "../../model/event.ts";
import { openDatabaseReadOnly } from "../database.ts";
import { listEventFiles } from "./folder.ts";
import { noteTrouble } from "./noted-trouble.ts";
import { DamagedFiles } from "./recovery.ts";
import { askFolder, eventForTest, noon, openTestFolder, type TestFolder } from "./test-folder.ts";

const dayMs = 86_400_000;

const partsOf = (folder: TestFolder): readonly string[] =>
  listEventFiles(folder.dir)
    .filter((path) => path.endsWith(".parquet"))
    .sort();

const idsOf = (events: readonly Event[]): readonly string[] => events.map(({ id }) => id).sort();

const idsInFiles = async (dir: string): Promise<readonly string[]> =>
  (await askFolder(dir, "SELECT id::VARCHAR AS id")).map(({ id }) => String(id)).sort();

const harms: Readonly<Record<string, (file: string, other: string) => void>> = {
  gone: (file) => rmSync(file),
  "cut off": (file) => truncateSync(file, 40),
  empty: (file) => truncateSync(file, 0),
  "spoilt in its midst": (file) => {
    const bytes = readFileSync(file);
    bytes[100] = (bytes[100] ?? 0) ^ 0xff;
    writeFileSync(file, bytes);
  },
  "another day's": (file, other) => copyFileSync(other, file),
};

const days = () => [
  eventForTest(),
  eventForTest({ client_id: "visitor-2" }),
  eventForTest({ timestamp_utc: noon - dayMs }),
];

for (const [name, harm] of Object.entries(harms)) {
  for (const when of ["while the keeper runs", "before a start"] as const) {
    test(`a file that is ${name} ${when}: sealing goes on beside it, and nothing is lost or doubled`, async () => {
      const folder = openTestFolder();
      const first = days();
      folder.store(first);
      await folder.keeper.seal();
      const [yesterday = "", today = ""] = partsOf(folder).map((path) => join(folder.dir, "events", path));
      const whole = readFileSync(today);
      harm(today, yesterday);
      const harmed = partsOf(folder).length === 2 ? readFileSync(today) : null;
      if (when === "before a start")
        await folder.reopen().catch((error) => assert.ok(error instanceof DamagedFiles));

      const second = [...days(), eventForTest({ property_id: "other" })];
      folder.store(second);
      const report = await folder.keeper.seal();
      assert.deepEqual([report.events, report.files], [4, 3]);
      assert.match(
        report.damaged?.join("\n") ?? "",
        /^store: (the sealed file )?events\/site=main\/date=2026-01-31\/part-0001\.parquet [^\n]+: put it back from a backup$/,
      );
      const third = days();
      folder.store(third);
      assert.equal((await folder.keeper.seal()).damaged?.length, 1, "it is said until it is mended");
      assert.deepEqual(harmed, harmed && readFileSync(today), "and stays as it is");
      assert.deepEqual(
        partsOf(folder),
        [
          "date=2026-01-30/part-0001",
          ...(harmed ? ["date=2026-01-31/part-0001"] : []),
          "date=2026-01-31/part-0002",
        ]
          .map((path) => `site=main/${path}.parquet`)
          .concat("site=other/date=2026-01-31/part-0001.parquet"),
      );
      assert.equal((await folder.keeper.verify()).findings.length, 1);

      writeFileSync(today, whole);
      await folder.reopen();
      assert.equal((await folder.keeper.seal()).damaged, undefined);
      const events = [...first, ...second, ...third];
      assert.deepEqual(await idsInFiles(folder.dir), idsOf(events));
      const verified = await folder.keeper.verify();
      assert.deepEqual([verified.findings, verified.events, verified.unsealed], [[], events.length, 0]);
      assert.deepEqual(idsOf(folder.reader.read(0, 100).map(({ event }) => event)), idsOf(events));
      folder.close();
    });
  }
}

test("a damaged file is trouble until it is put back, and no other start is needed", async () => {
  const folder = openTestFolder();
  folder.store(days());
  await folder.keeper.seal();
  const file = join(folder.dir, "events", partsOf(folder).at(-1) ?? "");
  const whole = readFileSync(file);
  rmSync(file);
  const noted = noteTrouble(folder.keeper);
  await assert.rejects(noted.recover(), /cannot be read \(ENOENT\): put it back from a backup$/);
  assert.match(noted.trouble() ?? "", /cannot be read \(ENOENT\): put it back from a backup$/);
  folder.store(days());
  await noted.seal();
  assert.match(noted.trouble() ?? "", /cannot be read \(ENOENT\): put it back from a backup$/);
  writeFileSync(file, whole);
  await noted.seal();
  assert.equal(noted.trouble(), null);
  folder.close();
});

test("what a crash left beside a damaged file is put in order all the same", async () => {
  const folder = openTestFolder();
  folder.store(days());
  await folder.keeper.seal();
  const [yesterday = "", today = ""] = partsOf(folder).map((path) => join(folder.dir, "events", path));
  const stray = join(folder.dir, "events/site=main/date=2026-01-31/part-0002.parquet");
  copyFileSync(today, stray); // renamed into its place, and never in the manifest
  rmSync(yesterday);
  await assert.rejects(folder.reopen(), DamagedFiles);
  assert.deepEqual(partsOf(folder), ["site=main/date=2026-01-31/part-0001.parquet"]);
  folder.close();
});

test("what the journal has of a damaged file stays in the journal until it is mended", async () => {
  let now = noon;
  const folder = openTestFolder({ clock: () => now });
  const first = days();
  folder.store(first);
  await folder.keeper.seal();
  const [, today = ""] = partsOf(folder).map((path) => join(folder.dir, "events", path));
  const whole = readFileSync(today);
  truncateSync(today, 40);
  now += 20 * dayMs; // the journal would let them go
  const second = [eventForTest({ timestamp_utc: now, received_at: now })];
  folder.store([...days(), ...second]);
  await folder.keeper.seal();
  const kept = (): readonly string[] =>
    folder.reader
      .read(0, 100)
      .map(({ event }) => event.id)
      .sort();
  assert.equal(kept().length, 7, "all of it can be read");
  writeFileSync(today, whole);
  await folder.keeper.seal();
  const db = openDatabaseReadOnly(folder.dir);
  assert.equal(db.prepare("SELECT count(*) FROM journal").pluck().get(), 1);
  db.close();
  assert.equal(kept().length, 7);
  folder.close();
});

test("a visitor who cannot be erased from a damaged file does not hold up what comes", async () => {
  const folder = openTestFolder();
  folder.store(days());
  await folder.keeper.seal();
  const [, today = ""] = partsOf(folder).map((path) => join(folder.dir, "events", path));
  const whole = readFileSync(today);
  rmSync(today);
  const who = { column: "client_id", value: "visitor-2", site: null } as const;
  await assert.rejects(folder.keeper.erase(who), /cannot be read \(ENOENT\): put it back/);
  const later = days();
  folder.store(later);
  await assert.rejects(folder.keeper.seal(), /cannot be read \(ENOENT\): put it back/);
  assert.equal((await folder.keeper.plan()).oldest, null, "what came is sealed");
  await assert.rejects(folder.reopen(), DamagedFiles);
  const noted = noteTrouble(folder.keeper);
  await assert.rejects(noted.recover(), DamagedFiles);
  writeFileSync(today, whole);
  await noted.seal();
  assert.equal(noted.trouble(), null);
  assert.deepEqual((await folder.keeper.verify()).findings, []);
  const visitors = await askFolder(folder.dir, "SELECT DISTINCT client_id");
  assert.deepEqual(visitors, [{ client_id: "visitor-1" }]);
  folder.close();
});

test("a visitor who is marked while his file is sealed anew is accounted for", async () => {
  let mark: Promise<unknown> | null = null;
  const folder: TestFolder = openTestFolder({
    onStep(step) {
      if (step === "started" && mark === null && marking) {
        mark = folder.keeper.erase({ column: "client_id", value: "visitor-2", site: null });
      }
    },
  });
  let marking = false;
  folder.store(days());
  await folder.keeper.seal();
  marking = true;
  folder.store([eventForTest()]);
  await folder.keeper.seal();
  await mark;
  assert.deepEqual((await folder.keeper.verify()).findings, []);
  folder.close();
});

for (const name of ["cut off", "another day's"]) {
  test(`a backup has all else where a file is ${name}, and names it`, async () => {
    const folder = openTestFolder();
    const events = days();
    folder.store(events);
    await folder.keeper.seal();
    const [yesterday = "", today = ""] = partsOf(folder).map((path) => join(folder.dir, "events", path));
    const whole = readFileSync(today);
    harms[name]?.(today, yesterday);
    const to = `${folder.dir}-backup`;
    const done = await folder.keeper.backup(to);
    assert.deepEqual(done.spoilt, ["site=main/date=2026-01-31/part-0001.parquet"]);
    writeFileSync(join(to, "events", done.spoilt?.[0] ?? ""), whole);
    const copy = openTestFolder({ dir: to });
    assert.deepEqual((await copy.keeper.verify()).findings, []);
    assert.deepEqual(idsOf(copy.reader.read(0, 10).map(({ event }) => event)), idsOf(events));
    copy.close();
    folder.close();
    rmSync(to, { recursive: true });
  });
}

test("what keeps the page's totals from being counted is one sentence", async () => {
  const folder = openTestFolder();
  folder.store(days());
  await folder.keeper.seal();
  const [, today = ""] = partsOf(folder).map((path) => join(folder.dir, "events", path));
  truncateSync(today, 40);
  const { uncounted } = await folder.keeper.prune("2026-01-31", null);
  assert.match(uncounted ?? "", /^the numbers on top of the live page [^\n]+$/);
  folder.close();
});
