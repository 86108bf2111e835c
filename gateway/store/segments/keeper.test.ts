import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { backupJob } from "./backup-job.ts";
import { listEventFiles } from "./folder.ts";
import { isDue } from "./schedule.ts";
import { askFolder, eventForTest, noon, openTestFolder, type TestFolder } from "./test-folder.ts";

const dayMs = 86_400_000;

test("a backup is a data folder as of one moment, and verifies", async () => {
  const folder = openTestFolder();
  folder.store([eventForTest(), eventForTest({ property_id: "other" })]);
  await folder.keeper.seal();
  folder.store([eventForTest()]);
  const to = join(mkdtempSync(join(tmpdir(), "turnpike-backup-")), "copy");
  assert.deepEqual(await folder.keeper.backup(to), { segments: 2, events: 3 });
  await assert.rejects(folder.keeper.backup(to), /is not empty: name a new folder/);
  const copy = openTestFolder({ dir: to });
  assert.deepEqual(
    copy.reader.read(0, 10).map(({ event }) => event),
    folder.reader.read(0, 10).map(({ event }) => event),
  );
  assert.deepEqual((await copy.keeper.verify()).findings, []);
  copy.close();
  folder.close();
  rmSync(join(to, ".."), { recursive: true });
});

test("a backup has the certificates with their keys and accounts, for their owner alone, and no locks", async () => {
  const folder = openTestFolder();
  folder.store([eventForTest()]);
  const kept = ["acme.example-1a2b/account.json", "acme.example-1a2b/shop.example.pem", "local/ca.pem"];
  const left = ["acme.example-1a2b/lock.shop.example", "acme.example-1a2b/challenges/http-01/token"];
  for (const name of [...kept, ...left]) {
    const file = join(folder.dir, "certs", name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, name, { mode: 0o600 });
  }
  const to = join(mkdtempSync(join(tmpdir(), "turnpike-backup-")), "copy");
  await folder.keeper.backup(to);
  const copied = readdirSync(join(to, "certs"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  assert.deepEqual(copied.map((file) => readFileSync(file, "utf8")).sort(), kept);
  for (const file of copied) assert.equal(statSync(file).mode & 0o777, 0o600);
  folder.close();
  rmSync(dirname(to), { recursive: true });
});

test("a backup that fails leaves an empty folder, which the next one takes", async () => {
  const folder = openTestFolder();
  folder.store([eventForTest()]);
  await folder.keeper.seal();
  const [path = ""] = listEventFiles(folder.dir);
  const file = join(folder.dir, "events", path);
  renameSync(file, `${file}.away`);
  const to = mkdtempSync(join(tmpdir(), "turnpike-backup-"));
  await assert.rejects(
    folder.keeper.backup(to),
    /^Error: backup: \S+ could not be filled, and is empty again \(.*ENOENT/,
  );
  assert.deepEqual(readdirSync(to), []);
  renameSync(`${file}.away`, file);
  assert.deepEqual(await folder.keeper.backup(to), { segments: 1, events: 1 });
  folder.close();
  rmSync(to, { recursive: true });
});

test("a backup that is broken off never looks like a data folder", async () => {
  const folder = openTestFolder();
  folder.store([eventForTest()]);
  await folder.keeper.seal();
  for (const path of listEventFiles(folder.dir)) rmSync(join(folder.dir, "events", path));
  const to = mkdtempSync(join(tmpdir(), "turnpike-backup-"));
  await assert.rejects(backupJob({ kind: "backup", dir: folder.dir, to }), /ENOENT/);
  assert.ok(!readdirSync(to).includes("turnpike.db"));
  folder.close();
  rmSync(to, { recursive: true });
});

test("what a stop breaks off is told as that", async () => {
  let closed: Promise<void> | null = null;
  const folder: TestFolder = openTestFolder({
    onStep() {
      closed = folder.keeper.close();
    },
  });
  folder.store([eventForTest()]);
  await assert.rejects(
    folder.keeper.seal(),
    /^Error: store: Turnpike is stopping or restarting: try again in a moment$/,
  );
  await closed;
  folder.close();
});

test("pruning removes whole days of one site, their journal rows and their sessions", async () => {
  const folder = openTestFolder();
  const events = [noon - 2 * dayMs, noon - dayMs, noon].flatMap((timestamp_utc) => [
    eventForTest({ timestamp_utc }),
    eventForTest({ timestamp_utc, property_id: "other" }),
  ]);
  folder.store(events);
  assert.deepEqual(await folder.keeper.prune("2026-01-31", "main"), { events: 2, files: 2 });
  assert.deepEqual(listEventFiles(folder.dir), [
    "site=main/date=2026-01-31/part-0001.parquet",
    "site=other/date=2026-01-29/part-0001.parquet",
    "site=other/date=2026-01-30/part-0001.parquet",
    "site=other/date=2026-01-31/part-0001.parquet",
  ]);
  assert.equal(folder.reader.read(0, 10).length, 4);
  assert.deepEqual((await folder.keeper.verify()).findings, []);
  folder.close();
});

test("a file that is in no manifest is believed by nobody, and our own leftovers go at the next start", async () => {
  const folder = openTestFolder({ journalDays: 0, clock: () => noon + dayMs });
  folder.store([eventForTest()]);
  await folder.keeper.seal();
  const day = join(folder.dir, "events/site=main/date=2026-01-31");
  const bytes = readFileSync(join(day, "part-0001.parquet"));
  writeFileSync(join(day, "part-0002.parquet"), bytes);
  mkdirSync(join(folder.dir, "events/mine"));
  writeFileSync(join(folder.dir, "events/mine/notes.txt"), "a person's own file");
  assert.equal(folder.reader.read(0, 10).length, 1);
  assert.equal((await folder.keeper.verify()).findings.length, 2);
  await folder.reopen();
  assert.deepEqual(listEventFiles(folder.dir), [
    "mine/notes.txt",
    "site=main/date=2026-01-31/part-0001.parquet",
  ]);
  folder.close();
});

test("verify names a file that is missing, cut short or changed", async () => {
  const folder = openTestFolder();
  folder.store([eventForTest(), eventForTest({ property_id: "b" }), eventForTest({ property_id: "c" })]);
  await folder.keeper.seal();
  const file = (site: string) => join(folder.dir, `events/site=${site}/date=2026-01-31/part-0001.parquet`);
  const whole = readFileSync(file("main"));
  rmSync(file("main"));
  truncateSync(file("b"), 1000);
  writeFileSync(file("c"), whole);
  const { findings } = await folder.keeper.verify();
  assert.equal(findings.length, 3);
  assert.match(findings.join("\n"), /site=main.* is missing.*\n.*site=b|site=b.*cannot be read/s);
  folder.close();
});

test("verify notices a single bit that changed, wherever in a file it stands", async () => {
  const folder = openTestFolder();
  folder.store([eventForTest({ page_title: "A title that stands in the file as it is: 0123456789" })]);
  await folder.keeper.seal();
  const file = join(folder.dir, "events/site=main/date=2026-01-31/part-0001.parquet");
  const whole = readFileSync(file);
  for (const place of [5, whole.length >> 3, whole.length >> 2, whole.length - 20]) {
    const changed = Buffer.from(whole);
    changed[place] = (changed[place] ?? 0) ^ 1;
    writeFileSync(file, changed);
    const { findings } = await folder.keeper.verify();
    assert.equal(findings.length, 1, `byte ${place} of ${whole.length}`);
    assert.match(String(findings), /part-0001\.parquet .*: put it back from a backup$/);
  }
  folder.close();
});

test("removing made-up visitors takes their sealed events, too", async () => {
  const folder = openTestFolder();
  folder.store([eventForTest({ traffic_filter_name: "demo", client_id: "demo-1" }), eventForTest()]);
  await folder.keeper.seal();
  assert.equal(folder.ledger.removeDemo(), 1);
  assert.equal(folder.reader.read(0, 10).length, 1);
  await folder.keeper.seal();
  assert.deepEqual(await askFolder(folder.dir, "SELECT client_id"), [{ client_id: "visitor-1" }]);
  assert.deepEqual((await folder.keeper.verify()).findings, []);
  folder.close();
});

test("sealing ends with what there was when it began, though more comes while it runs", async () => {
  let coming = 5; // a site that is never quiet sends one with each batch
  const folder: TestFolder = openTestFolder({
    onStep: (step) => {
      if (step === "committed" && coming-- > 0) folder.store([eventForTest({ client_id: "late" })]);
    },
  });
  folder.store([eventForTest(), eventForTest()]);
  assert.deepEqual(await folder.keeper.seal(), { events: 2, files: 1 });
  assert.equal((await folder.keeper.seal()).events, 1);
  assert.deepEqual((await folder.keeper.verify()).findings, []);
  assert.equal(folder.reader.read(0, 10).length, 4, "what came is there");
  folder.close();
});

test("sealing is due when much has gathered, or the oldest has waited long enough", () => {
  const now = noon;
  const cases = [
    [{ watermark: 5, upTo: 5, oldest: null }, false],
    [{ watermark: 5, upTo: 6, oldest: now - 59 * 60_000 }, false],
    [{ watermark: 5, upTo: 6, oldest: now - 60 * 60_000 }, true],
    [{ watermark: 5, upTo: 100_005, oldest: now }, true],
    [{ watermark: 5, upTo: 5, oldest: 0 }, false],
  ] as const;
  for (const [plan, due] of cases) assert.equal(isDue(plan, now, 60), due);
});
