import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import Database from "better-sqlite3";
import { databaseFile, hasData, openDatabase, openDatabaseReadOnly } from "./database.ts";
import { migrations } from "./migrations.ts";
import { takeOwnership } from "./owner.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "turnpike-store-"));
});
afterEach(() => {
  chmodSync(dir, 0o700);
  rmSync(dir, { recursive: true });
});

const version = (steps?: readonly string[]): number => {
  const db = openDatabase(dir, steps);
  const found = Number(db.pragma("user_version", { simple: true }));
  db.close();
  return found;
};

test("an empty folder gets every step", () => {
  assert.equal(version(), migrations.length);
});

test("what is stored is its owner's to read alone, also in a folder that is open to all", () => {
  chmodSync(dir, 0o755);
  const db = openDatabase(dir);
  const names = readdirSync(dir);
  assert.deepEqual(names.sort(), ["turnpike.db", "turnpike.db-shm", "turnpike.db-wal"]);
  for (const name of names) assert.equal(statSync(join(dir, name)).mode & 0o777, 0o600, name);
  db.close();
});

test("who reads while a new file gets its steps sees none of them, or all", (t) => {
  assert.equal(hasData(dir), false);
  const seen: unknown[] = [];
  const look = (): number => {
    const db = new Database(databaseFile(dir), { readonly: true });
    seen.push(db.pragma("user_version", { simple: true }));
    db.close();
    return seen.push(hasData(dir));
  };
  const exec = Database.prototype.exec;
  t.mock.method(Database.prototype, "exec", function (this: Database.Database, sql: string) {
    const done = exec.call(this, sql);
    look();
    return done;
  });
  openDatabase(dir).close();
  assert.ok(seen.length >= 2 * migrations.length);
  assert.deepEqual(new Set(seen), new Set([0, false]));
  assert.equal(hasData(dir), true);
});

test("a file of the version before gets the step that is new, and keeps its rows", () => {
  const before = openDatabase(dir);
  before.prepare("INSERT INTO sites (id) VALUES ('main')").run();
  before.close();
  const steps = [...migrations, "ALTER TABLE sites ADD COLUMN note TEXT"];
  assert.equal(version(steps), migrations.length + 1);
  const db = openDatabase(dir, steps);
  assert.deepEqual(db.prepare("SELECT id, note FROM sites").all(), [{ id: "main", note: null }]);
  db.close();
});

test("a step that fails leaves the whole version before it", () => {
  const good = migrations.length;
  version();
  const steps = [...migrations, "CREATE TABLE half (x); SELECT nonsense FROM nowhere"];
  assert.throws(() => openDatabase(dir, steps), /no such table: nowhere/);
  assert.equal(version(), good);
});

test("a file of a newer version is refused in one sentence and left as it was", () => {
  version([...migrations, "CREATE TABLE later (x)"]);
  const before = readFileSync(databaseFile(dir));
  for (const open of [openDatabase, openDatabaseReadOnly, openDatabaseReadOnly])
    assert.throws(() => open(dir), /was written by a newer Turnpike \(schema \d+, this one knows \d+\)/);
  assert.deepEqual(readFileSync(databaseFile(dir)), before);
});

test("a damaged file is refused in one sentence and left as it was", () => {
  writeFileSync(
    databaseFile(dir),
    "this is no database, and long enough to have a header of one ".repeat(20),
  );
  const before = readFileSync(databaseFile(dir));
  assert.throws(() => openDatabase(dir), /turnpike\.db is damaged or not a database: .*nothing was changed$/);
  assert.deepEqual(readFileSync(databaseFile(dir)), before);
});

test("a folder that cannot be made is named, with what to do", async () => {
  const file = join(dir, "file");
  writeFileSync(file, "");
  assert.throws(
    () => openDatabase(join(file, "data")),
    /the data folder .* cannot be made \(ENOTDIR\): choose another with --data/,
  );
  await assert.rejects(takeOwnership(join(file, "data")), /the data folder .* cannot be written \(ENOTDIR\)/);
});

test("acknowledged means on disk: the database is opened with WAL and synchronous=FULL", () => {
  const db = openDatabase(dir);
  assert.equal(db.pragma("journal_mode", { simple: true }), "wal");
  assert.equal(db.pragma("synchronous", { simple: true }), 2);
  db.close();
});
