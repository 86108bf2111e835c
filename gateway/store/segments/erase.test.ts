import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openLedgerForTest } from "../../commands/run-for-test.ts";
import type { Event } from "../../model/event.ts";
import { openDatabaseReadOnly } from "../database.ts";
import { openReader } from "../reader.ts";
import { createKeeper } from "./keeper.ts";
import { askFolder, documentForTest, eventForTest, noon, openTestFolder } from "./test-folder.ts";

const dayMs = 86_400_000;
const visitor = "0190a5b2-5ec2-7e70-8000-00000000beef";

/** Files of the data folder that contain the text. */
const filesWith = (dir: string, text: string): readonly string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(text));

/** A data folder with all projections. */
const openProjected = (dir: string, journalDays: number) => {
  const ledger = openLedgerForTest(dir);
  const keeper = createKeeper({
    dir,
    clock: () => noon + dayMs,
    write: async (call) => ledger.segments(call),
    journalDays,
    pinned: {},
  });
  const store = (events: readonly Event[]): void => {
    const lines = events.map((event) => JSON.stringify(event));
    ledger.append({ lines, keyTimes: events.map((event) => event.timestamp_utc), rejects: [] });
    while (ledger.pending() > 0) ledger.follow(1000);
  };
  return { ledger, keeper, store, close: () => ledger.close() };
};

test("no byte of an erased visitor is left in the data folder, wherever it lay", async () => {
  const folder = openTestFolder({ clock: () => noon + dayMs });
  const secretPlace = "/orders/of-one-single-person";
  const theirs = () => eventForTest({ client_id: visitor, page_path: secretPlace, user_id: "user-0190beef" });
  folder.store([theirs(), eventForTest(), documentForTest({ client_id: visitor, page_path: secretPlace })]);
  await folder.keeper.seal();
  folder.store([theirs(), eventForTest(), documentForTest({ client_id: visitor, page_path: secretPlace })]);
  const report = await folder.keeper.erase({ column: "client_id", value: visitor, site: null });
  assert.deepEqual(report, { visitors: 1, others: 0, sessions: 0, files: 1, found: true });
  const again = await folder.keeper.erase({ column: "client_id", value: visitor, site: null });
  assert.deepEqual(again, { visitors: 0, others: 0, sessions: 0, files: 0, found: false });
  assert.deepEqual(filesWith(folder.dir, visitor), []);
  assert.deepEqual(filesWith(folder.dir, secretPlace), []);
  const [sealed] = await askFolder(
    folder.dir,
    `SELECT count(*) AS n, count(*) FILTER (client_id = '${visitor}') AS theirs`,
  );
  assert.deepEqual(sealed, { n: "1", theirs: "0" });
  assert.equal(folder.reader.read(0, 100).length, 2);
  assert.deepEqual((await folder.keeper.verify()).findings, []);
  folder.close();
});

test("a reader that holds the WAL keeps bytes in it until it ends and the next sealing", async () => {
  const folder = openTestFolder({ clock: () => noon + dayMs, walPatienceMs: 250 });
  folder.store([eventForTest({ client_id: visitor }), eventForTest()]);
  const holding = openDatabaseReadOnly(folder.dir);
  holding.exec("BEGIN");
  assert.equal(holding.prepare("SELECT count(*) FROM journal").pluck().get(), 2);
  const erasing = folder.keeper.erase({ column: "client_id", value: visitor, site: null });
  await assert.rejects(erasing, /erased, but a reader keeps .* WAL .*: end it and seal again/);
  assert.equal(folder.reader.read(0, 100).length, 1, "nobody sees the visitor");
  assert.notDeepEqual(filesWith(folder.dir, visitor), []);
  await assert.rejects(folder.keeper.seal(), /a reader keeps/);
  holding.close();
  await folder.keeper.seal();
  assert.deepEqual(filesWith(folder.dir, visitor), []);
  folder.close();
});

test("whom an erased visitor sent stays, and nothing tells who sent him: not in files, the journal, or tables", async () => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-erase-"));
  const { ledger, keeper, store, close } = openProjected(dir, 0);
  const sent = (change: Partial<Event>) => eventForTest({ client_id: "visitor-2", ...change });
  const byCode = { ref: "a-shop", rcode: visitor, aff: visitor };
  store([eventForTest({ client_id: visitor }), sent({ ref: visitor }), sent(byCode)]);
  await keeper.seal();
  store([
    sent({ ref: visitor, timestamp_utc: noon + 1 }),
    sent({ ref: visitor, property_id: "other" }),
    documentForTest({ ref: visitor }),
    eventForTest({ type: "log", event_category: "agreement", client_id: "v3", ref: visitor }),
  ]);
  const reader = openReader(dir, { sealed: "wait" });
  const referrers = () => reader.read(0, 100).map(({ event: { ref, rcode, aff } }) => [ref, rcode, aff]);
  const erasing = keeper.erase({ column: "client_id", value: visitor, site: "main" });
  await Promise.resolve(); // the first step alone
  const hidden = [
    ["(erased)", undefined, undefined],
    ["a-shop", "(erased)", "(erased)"],
    ["(erased)", undefined, undefined],
    [visitor, undefined, undefined],
    ["(erased)", undefined, undefined],
    ["(erased)", undefined, undefined],
  ];
  assert.deepEqual(referrers(), hidden, "at once");
  await erasing;
  assert.deepEqual(referrers(), hidden);
  // A link that was shared before is followed once more.
  store([sent({ ref: visitor, timestamp_utc: noon + 3 * dayMs })]);
  assert.deepEqual(referrers().at(-1), ["(erased)", undefined, undefined]);
  await keeper.erase({ column: "client_id", value: visitor, site: "other" });
  reader.close();
  assert.deepEqual((await keeper.verify()).findings, []);
  await keeper.seal();
  assert.equal(ledger.pending(), 0);
  close();
  assert.deepEqual(filesWith(dir, visitor), []);
  rmSync(dir, { recursive: true });
});

test("what a user's server sent without a visitor goes with the visitor who came as that user", async () => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-erase-"));
  const { keeper, store, close } = openProjected(dir, 0);
  const user = 'user "0190beef"'; // as it stands in JSON it is another text
  const renewal = { client_id: null, user_id: user, user_claim: "server", name: "renewal" } as const;
  const login = { client_id: visitor, user_id: user, user_claim: "page", name: "login" } as const;
  const paid = { ...renewal, type: "payment", value: 49, currency: "EUR" } as const;
  store([
    eventForTest(login),
    eventForTest(renewal),
    documentForTest({ user_id: user, client_id: visitor }),
    documentForTest({ page_path: "/of-nobody/" }),
  ]);
  store([eventForTest(paid)]);
  await keeper.seal();
  store([
    eventForTest(renewal),
    eventForTest({ ref: user }),
    documentForTest({ user_id: user, client_id: visitor }),
  ]);
  await keeper.erase({ column: "client_id", value: visitor, site: null });
  store([eventForTest(renewal)]); // it comes late
  await keeper.seal();
  const reader = openReader(dir, { sealed: "wait" });
  assert.deepEqual(
    reader.read(0, 100).map(({ event }) => [event.client_id, event.ref, event.page_path]),
    [
      [undefined, undefined, "/of-nobody/"],
      ["visitor-1", "(erased)", "/pricing/"],
    ],
  );
  reader.close();
  assert.deepEqual((await keeper.verify()).findings, []);
  close();
  assert.deepEqual([...filesWith(dir, "0190beef"), ...filesWith(dir, visitor)], []);
  rmSync(dir, { recursive: true });
});

test("what is nobody's stays when a user goes: of a file and of the day that is sealed on", async () => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-erase-"));
  const { keeper, store, close } = openProjected(dir, 0);
  const login = { client_id: visitor, user_id: "ann", user_claim: "page", name: "login" } as const;
  const renewal = { client_id: null, user_id: "ann", user_claim: "server", name: "renewal" } as const;
  const nobodys = (name: string) => eventForTest({ client_id: null, name });
  store([eventForTest(login), eventForTest(renewal), nobodys("refused consent"), documentForTest()]);
  await keeper.seal();
  await keeper.erase({ column: "client_id", value: visitor, site: null });
  store([eventForTest({ ...login, client_id: "visitor-2" }), eventForTest(renewal), nobodys("count")]);
  const erasing = keeper.erase({ column: "user_id", value: "ann", site: null });
  const reader = openReader(dir, { sealed: "wait" });
  const names = () => reader.read(0, 100).map(({ event }) => event.name);
  await Promise.resolve(); // the first step alone
  assert.deepEqual(names(), ["refused consent", "document", "count"], "at once");
  await erasing;
  await keeper.seal();
  assert.deepEqual(names(), ["refused consent", "document", "count"]);
  assert.deepEqual((await keeper.verify()).findings, []);
  reader.close();
  close();
  rmSync(dir, { recursive: true });
});

test("an event that an erased visitor's browser sends late is not sealed; one that happens later is", async () => {
  let now = noon + 1000;
  const folder = openTestFolder({ clock: () => now });
  folder.store([eventForTest({ client_id: visitor }), eventForTest({ client_id: "another" })]);
  await folder.keeper.erase({ column: "client_id", value: visitor, site: "main" });
  now = noon + 3000; // each is known by his own time
  await folder.keeper.erase({ column: "client_id", value: "another", site: "main" });
  const later = eventForTest({ client_id: visitor, timestamp_utc: noon + 2000 });
  folder.store([eventForTest({ client_id: visitor, timestamp_utc: noon - 1 }), later]);
  await folder.keeper.seal();
  const rows = await askFolder(folder.dir, "SELECT id::VARCHAR AS id");
  assert.deepEqual(rows, [{ id: later.id }]);
  assert.deepEqual(
    folder.reader.read(0, 10).map(({ event }) => event.id),
    [later.id],
  );
  assert.deepEqual((await folder.keeper.verify()).findings, []);
  folder.close();
});

test("a visitor of another site with the same id is not erased with it", async () => {
  const folder = openTestFolder();
  folder.store([
    eventForTest({ client_id: visitor }),
    eventForTest({ client_id: visitor, property_id: "other" }),
  ]);
  await folder.keeper.seal();
  await folder.keeper.erase({ column: "client_id", value: visitor, site: "main" });
  const rows = await askFolder(folder.dir, "SELECT property_id");
  assert.deepEqual(rows, [{ property_id: "other" }]);
  folder.close();
});

test("whoever lists the folder while a day is written anew and while a visitor is erased sees each event once", async () => {
  const folder = openTestFolder({ journalDays: 0, clock: () => noon });
  const batch = () =>
    Array.from({ length: 200 }, (_, i) => eventForTest({ client_id: i % 10 === 0 ? visitor : `v${i % 7}` }));
  folder.store(batch());
  await folder.keeper.seal();
  const seen: { events: number; ids: number; theirs: number }[] = [];
  let isDone = false;
  const glob = async (): Promise<void> => {
    while (!isDone) {
      const [row] = await askFolder(
        folder.dir,
        `SELECT count(*) AS events, count(DISTINCT id) AS ids, count(*) FILTER (client_id = '${visitor}') AS theirs`,
      ).catch(() => []); // its file was replaced between its head and its rows: an error, and never a wrong number
      if (!row) continue;
      seen.push({ events: Number(row["events"]), ids: Number(row["ids"]), theirs: Number(row["theirs"]) });
    }
  };
  const globbing = glob();
  const allowed = new Map([[200, 20]]);
  for (let n = 2; n <= 5; n++) {
    folder.store(batch());
    allowed.set(n * 200, n * 20);
    await folder.keeper.seal();
  }
  allowed.set(900, 0);
  await folder.keeper.erase({ column: "client_id", value: visitor, site: null });
  isDone = true;
  await globbing;
  assert.ok(seen.length > 3, `listed only ${seen.length} times`);
  for (const { events, ids, theirs } of seen) {
    assert.equal(ids, events, "no event twice");
    assert.equal(allowed.get(events), theirs, `${events} events were never sealed at one moment`);
  }
  assert.deepEqual((await folder.keeper.verify()).findings, []);
  folder.close();
});

test("a user is erased with the visitors who came as that user, from the tables of sessions and results, too", async () => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-erase-"));
  const { ledger, keeper, store, close } = openProjected(dir, 8);
  const person = "person-0190beef";
  const events = ["visitor-1", "visitor-2", "visitor-3"].flatMap((client_id, i) => [
    eventForTest({
      client_id,
      type: "exposure",
      name: "exposure",
      experiment_id: "headline",
      variation_id: "b",
    }),
    eventForTest({
      client_id,
      name: "purchase",
      type: "outcome",
      value: 10 * (i + 1),
      timestamp_utc: noon + 10,
    }),
    eventForTest({ client_id, timestamp_utc: noon + 20, ...(i < 2 && { user_id: person }) }),
  ]);
  store(events);
  await keeper.seal();
  const report = await keeper.erase({ column: "user_id", value: person, site: "main" });
  assert.equal(report.visitors, 2);
  const reader = openReader(dir, { sealed: "wait" });
  const rows = (sql: string) => [...reader.query(sql).rows];
  assert.deepEqual(rows("SELECT client_id FROM visitors"), [["visitor-3"]]);
  assert.deepEqual(rows("SELECT count(*) FROM sessions"), [[1]]);
  assert.deepEqual(rows("SELECT exposed, converted, value_sum FROM experiment_outcomes"), [[1, 1, 30]]);
  assert.equal(reader.read(0, 100).length, 3);
  assert.equal(ledger.rebuildExperiments(), 1);
  assert.deepEqual(rows("SELECT exposed, converted, value_sum FROM experiment_outcomes"), [[1, 1, 30]]);
  reader.close();
  close();
  assert.deepEqual(filesWith(dir, person), []);
  rmSync(dir, { recursive: true });
});

test("what a visitor agreed to and paid goes with him, also where nothing else is known of him", async (context) => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-erase-"));
  const { ledger, keeper, store, close } = openProjected(dir, 8);
  context.after(() => {
    close();
    rmSync(dir, { recursive: true });
  });
  const other = "0190a5b2-5ec2-7e70-8000-00000000cafe";
  const of = (client_id: string) => [
    eventForTest({ client_id, type: "payment", name: "payment", value: 5, currency: "EUR" }),
    {
      ...eventForTest({ client_id, type: "log", name: "agreement" }),
      event_category: "agreement",
      cflags: 1,
    },
  ];
  store([...of(visitor), ...of(other)]);
  ledger.append({
    lines: of(visitor).map((event) => JSON.stringify(event)), // not followed yet
    keyTimes: [null, null],
    rejects: [],
  });
  const report = await keeper.erase({ column: "client_id", value: visitor, site: null });
  assert.equal(report.found, true);
  while (ledger.pending() > 0) ledger.follow(1000);
  const db = openDatabaseReadOnly(dir);
  for (const table of ["payments", "agreements"]) {
    assert.deepEqual(db.prepare(`SELECT client_id FROM ${table}`).pluck().all(), [other], table);
  }
  db.close();
  assert.deepEqual(filesWith(dir, visitor), []);
});

test("what could not be read goes where it names the visitor, however written, or the user whom he came as", async (context) => {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-erase-"));
  const { ledger, keeper, store, close } = openProjected(dir, 8);
  context.after(() => {
    close();
    rmSync(dir, { recursive: true });
  });
  store([eventForTest({ client_id: visitor, user_id: "user-0190beef", user_claim: "page", name: "login" })]);
  const bare = visitor.replaceAll("-", "");
  const samples = [
    visitor,
    bare,
    `{${visitor.toUpperCase()}}`,
    bare.toUpperCase(),
    "user-0190beef",
    "another",
  ];
  const rejectOf = (sample: string) => ({
    site: "main",
    receivedAt: noon,
    method: "POST",
    path: "/tr/v1/",
    reason: "the body is not JSON",
    sample,
  });
  ledger.append({ lines: [], keyTimes: [], rejects: samples.map(rejectOf) });
  await keeper.erase({ column: "client_id", value: visitor, site: null });
  const db = openDatabaseReadOnly(dir);
  assert.deepEqual(db.prepare("SELECT sample FROM rejects").pluck().all(), ["another"]);
  db.close();
});
