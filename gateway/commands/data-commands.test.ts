import assert from "node:assert/strict";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterEach, beforeEach, test } from "node:test";
import { eventColumns } from "../model/event.ts";
import { newId } from "../model/ids.ts";
import { openDatabase } from "../store/database.ts";
import { migrations } from "../store/migrations.ts";
import {
  capture,
  experimentForTest,
  noon,
  openLedgerForTest,
  run,
  someEvent,
  store,
} from "./run-for-test.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "turnpike-data-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const names = eventColumns.map(({ name }) => name);
const lines = (text: string) => text.trimEnd().split("\n");
const objects = (text: string) => lines(text).map((line) => JSON.parse(line) as Record<string, unknown>);

test("export prints every column of every event in order, absent ones as null, times as text", async () => {
  const event = someEvent({ properties: { Plan: "b" }, value: 12.5, first: true });
  store(dir, [event, someEvent()]);
  const { code, out } = await run(["export", "--format", "jsonl", "--data", dir]);
  assert.equal(code, 0);
  const [first, second] = objects(out);
  assert.deepEqual(Object.keys(first ?? {}).slice(0, eventColumns.length), names);
  assert.deepEqual(Object.keys(second ?? {}), Object.keys(first ?? {}));
  const nulls = Object.fromEntries(names.map((name) => [name, null]));
  const own = Object.fromEntries(Object.entries(first ?? {}).slice(0, names.length));
  assert.deepEqual(own, {
    ...nulls,
    ...event,
    timestamp_utc: "2026-01-31T12:00:00.000Z",
    received_at: noon + 5,
  });
});

test("export as CSV has a heading, quotes what must be quoted, and keeps formulas as they are", async () => {
  store(dir, [
    someEvent({ page_title: 'He said "a,b"\nand left', name: "=1+1", properties: { a: ["x", 1] } }),
  ]);
  const { out } = await run(["export", "--format", "csv", "--data", dir]);
  assert.ok(out.startsWith(`${names.join(",")},date_utc,`));
  assert.match(out, /,=1\+1,2026-01-31T12:00:00\.000Z,1769860800005,,/);
  assert.match(out, /,"He said ""a,b""\nand left",/);
  assert.match(out, /,"\{""a"":\[""x"",1\]\}",/);
  assert.ok(out.endsWith("\r\n"));
});

test("export writes events and sessions as one Parquet file each, and none to a terminal", async () => {
  store(dir, [someEvent({ properties: { Plan: "b" } }), someEvent()]);
  for (const what of ["events", "sessions", "rejects"]) {
    const chunks: Buffer[] = [];
    const stdout = new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(chunk);
        done();
      },
    });
    const { code, err } = await run(["export", "-f", "parquet", "-w", what, "--data", dir], { stdout });
    assert.deepEqual([code, err], [0, ""]);
    const file = Buffer.concat(chunks);
    assert.equal(file.subarray(0, 4).toString(), "PAR1", what);
    assert.equal(file.subarray(-4).toString(), "PAR1", what);
  }
  const refused = await run(["export", "-f", "parquet", "--data", dir], { isTerminal: true });
  assert.equal(refused.code, 1);
  assert.match(refused.err, /not for a terminal/);
});

test("export --flat gives every property a column, and a GA4 tag's events always have its own", async () => {
  store(dir, [
    someEvent({ properties: { Plan: "b", "a,b": { c: 1 } } }),
    someEvent({
      tracking_protocol: "ga4_gtag",
      engagement_time_ms: 7,
      properties: { method: "email", zeta: null, level: 3 },
    }),
  ]);
  const plain = objects((await run(["export", "--data", dir])).out);
  assert.ok(!("params_method" in (plain[0] ?? {})), "a line has its protocol's columns");
  const {
    params,
    params_method,
    params_level,
    params_coupon,
    params_engagement_time_ms,
    page_title,
    platform,
  } = plain[1] ?? {};
  assert.deepEqual(
    [params_method, params_level, params_coupon, params_engagement_time_ms, page_title, platform],
    ["email", 3, null, 7, "", "web"],
  );
  assert.deepEqual(params, [
    { name: "level", value_string: null, value_number: 3 },
    { name: "method", value_string: "email", value_number: null },
    { name: "zeta", value_string: "", value_number: null },
  ]);
  const flat = objects((await run(["export", "--flat", "--data", dir])).out);
  assert.deepEqual(
    flat.map((row) => [row["params_Plan"], row["params_a,b"], row["params_method"], row["properties"]]),
    [
      ["b", { c: 1 }, null, null],
      [null, null, "email", null],
    ],
  );
  const [head = ""] = (await run(["export", "--flat", "-f", "csv", "--data", dir])).out.split("\r\n");
  const heads = head.split(",");
  assert.equal(new Set(heads).size, heads.length, "no column comes twice");
  assert.equal((await run(["export", "--flat", "-w", "sessions", "--data", dir])).code, 2);
});

test("export prints what could not be read", async () => {
  const ledger = openLedgerForTest(dir);
  const reject = { site: "main", method: "POST", path: "/tr/v1/", reason: "not JSON", sample: "{" };
  const rejects = [1, 2].map((n) => ({ ...reject, receivedAt: noon + n }));
  ledger.append({ lines: [], keyTimes: [], rejects });
  ledger.close();
  const rows = objects((await run(["export", "-w", "rejects", "--data", dir])).out);
  const { site, ...told } = reject;
  assert.deepEqual(
    rows,
    [1, 2].map((n) => ({ received_at: noon + n, property_id: site, ...told })),
  );
  const none = await run(["export", "-w", "rejects", "--site", "main", "--to", "2020-01-01", "--data", dir]);
  assert.deepEqual(none, { code: 0, out: "", err: "" });
});

test("export takes days and moments, the last day whole, and one site", async () => {
  const dayMs = 86_400_000;
  const at = (ms: number, site = "main") =>
    someEvent({ timestamp_utc: ms, property_id: site, client_id: null });
  store(dir, [at(noon - dayMs), at(noon), at(noon, "shop"), at(noon + dayMs)]);
  const count = async (...argv: string[]) =>
    lines((await run(["export", "--data", dir, ...argv])).out).length;
  assert.equal(await count(), 4);
  assert.equal(await count("--from", "2026-01-31"), 3);
  assert.equal(await count("--to", "2026-01-31"), 3);
  assert.equal(await count("--from", "2026-01-31", "--to", "2026-01-31", "--site", "shop"), 1);
  assert.equal(await count("--to", "2026-01-31T12:00:00Z"), 1);
  assert.equal(await count("--from", "2026-01-31T13:00:00+01:00"), 3);
});

test("export goes through more events than a page holds, and once through each", async () => {
  const ids = Array.from({ length: 2300 }, () => newId());
  store(
    dir,
    ids.map((id) => someEvent({ id, client_id: null })),
  );
  const { out } = await run(["export", "--data", dir]);
  assert.deepEqual(
    objects(out).map((row) => row["id"]),
    ids,
  );
});

test("export stops when its reader leaves, with exit code 0 and no word", async () => {
  store(
    dir,
    Array.from({ length: 2000 }, () => someEvent({ client_id: null })),
  );
  let pieces = 0;
  const stdout = new Writable({
    highWaterMark: 1,
    write(_chunk, _encoding, done) {
      pieces++;
      done(pieces < 2 ? null : Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    },
  });
  const { code, err } = await run(["export", "--data", dir], { stdout });
  assert.deepEqual([code, err, pieces], [0, "", 2]);
});

const exposure = (client: string, variant: string) =>
  someEvent({
    type: "exposure",
    name: "exposure",
    client_id: client,
    experiment_id: "headline",
    variation_id: variant,
  });

test("export prints sessions and the results of experiments", async () => {
  store(dir, [
    exposure("v1", "b"),
    someEvent({ client_id: "v1" }),
    someEvent({ client_id: "v1", timestamp_utc: noon + 1000, name: "purchase", type: "outcome", value: 4 }),
  ]);
  const sessions = objects((await run(["export", "--what", "sessions", "--data", dir])).out);
  assert.equal(sessions.length, 1);
  assert.equal(sessions[0]?.["session_client_id"], "v1");
  assert.equal(sessions[0]?.["session_first_event_time"], "2026-01-31T12:00:00.000Z");
  assert.equal(sessions[0]?.["session_total_events"], 2);
  const results = await run(["export", "--what", "experiments", "--format", "csv", "--data", dir]);
  assert.deepEqual(results.out.split("\r\n"), [
    "experiment,variant,goal,exposed,converted,value_sum,value_sum_squares",
    "headline,b,purchase,1,1,4,16",
    "",
  ]);
});

test("sql prints a table on a terminal, tab-separated values elsewhere, and JSON when asked", async () => {
  store(dir, [someEvent()]);
  const statement =
    "select 'a' as name, 1 as n, null as gone union all select 'b' || char(10) || char(27) || 'c', 22, x'ff'";
  const sql = (argv: readonly string[], isTerminal: boolean) =>
    run(["sql", statement, "--data", dir, ...argv], { isTerminal });
  assert.equal((await sql([], true)).out, "name   n  gone\na      1\nb??c  22  ff\n");
  assert.equal((await sql([], false)).out, "name\tn\tgone\na\t1\t\nb\\n\u001bc\t22\tff\n");
  assert.deepEqual(JSON.parse((await sql(["--json"], true)).out), [
    { name: "a", n: 1, gone: null },
    { name: "b\n\u001bc", n: 22, gone: "ff" },
  ]);
  assert.equal((await run(["sql", "select 1 where 0", "--json", "--data", dir])).out, "[]\n");
});

for (const statement of [
  "delete from journal",
  "drop table journal",
  "drop table events",
  "insert into tokens values (1, 2, 3, 4)",
  "pragma user_version = 999",
  "pragma journal_mode = delete",
  "pragma main.journal_mode(delete)",
  "pragma wal_checkpoint(truncate)",
  "pragma optimize",
  "selec 1",
  "select 1; delete from journal",
]) {
  test(`sql refuses "${statement}" in one sentence and changes nothing`, async () => {
    store(dir, [someEvent()]);
    const { code, out, err } = await run(["sql", statement, "--data", dir]);
    assert.deepEqual([code, out], [1, ""]);
    assert.match(err, /^[^\n]+\n$/);
    assert.match(err, /^sql: .*: only one statement that reads is taken\n$/);
    assert.doesNotMatch(err, /drop view/i, "no advice how to write it");
    assert.equal((await run(["sql", "select count(*) as n from journal", "--data", dir])).out, "n\n1\n");
    assert.equal(
      (await run(["sql", "select user_version = 999 as n from pragma_user_version", "--data", dir])).out,
      "n\n0\n",
    );
  });
}

test("sql keeps all digits of whole numbers", async () => {
  store(dir, [someEvent()]);
  const statement =
    "select 9223372036854775807 as n, -9007199254740993 as m, 9007199254740991 as safe, 0.5 as half";
  assert.equal(
    (await run(["sql", statement, "--data", dir])).out,
    "n\tm\tsafe\thalf\n9223372036854775807\t-9007199254740993\t9007199254740991\t0.5\n",
  );
  assert.equal(
    (await run(["sql", statement, "--json", "--data", dir])).out,
    '[\n{"n":9223372036854775807,"m":-9007199254740993,"safe":9007199254740991,"half":0.5}\n]\n',
  );
});

test("a statement of sql that fails while it runs is told as sql's", async () => {
  store(dir, [someEvent()]);
  const { code, err } = await run(["sql", "select json('{')", "--data", dir]);
  assert.deepEqual([code, err], [1, "sql: malformed JSON\n"]);
});

test("an export whose --to is before its --from is refused, not empty", async () => {
  store(dir, [someEvent()]);
  const range = ["--from", "2026-01-31", "--to", "2026-01-30"];
  const { code, out, err } = await run(["export", ...range, "--data", dir]);
  assert.deepEqual([code, out, err], [2, "", "export: --to is before --from: no event lies between them\n"]);
  const oneDay = ["--from", "2026-01-31", "--to", "2026-01-31"];
  assert.equal(lines((await run(["export", ...oneDay, "--data", dir])).out).length, 1);
});

test("a backup inside of the data folder is refused: it would hold whom the folder no longer does", async () => {
  store(dir, [someEvent()]);
  const to = join(dir, "backups", "today");
  const { code, err } = await run(["backup", to, "--data", dir]);
  assert.deepEqual([code, err], [1, `backup: ${to} lies in the data folder: name a folder outside of it\n`]);
  assert.equal(existsSync(join(dir, "backups")), false);
});

test("prune --dry-run counts what prune removes, sealed or not", async () => {
  const other = someEvent({ timestamp_utc: noon + 86_400_000 });
  store(dir, [someEvent(), someEvent(), other]);
  const before = ["prune", "--before", "2026-02-01", "--data", dir];
  assert.equal(
    (await run([...before, "--dry-run"])).out,
    "before 2026-02-01: 2 events; nothing was removed\n",
  );
  assert.match((await run(before)).out, /^removed: 2 events before 2026-02-01/);
  assert.match((await run([...before, "--dry-run"])).out, /^before 2026-02-01: 0 events;/);
});

test("tail prints the newest events and follows until it is stopped", async () => {
  store(dir, [someEvent({ name: "old" }), someEvent({ name: "newest" })]);
  const stop = new AbortController();
  const stdout = capture((text) => {
    if (text.includes("newest") && !text.includes("later"))
      queueMicrotask(() => store(dir, [someEvent({ name: "later" })]));
    if (text.includes("later")) stop.abort();
  });
  const { code } = await run(["tail", "--lines", "1", "--data", dir], { stdout, signal: stop.signal });
  assert.equal(code, 0);
  assert.deepEqual(
    lines(stdout.text()).map((line) => line.split(/\s+/)[1]),
    ["newest", "later"],
  );
});

const tail = async (...argv: string[]): Promise<string> => {
  const stop = new AbortController();
  const stdout = capture(() => stop.abort());
  await run(["tail", "--data", dir, ...argv], { stdout, signal: stop.signal });
  return stdout.text();
};

test("a line of tail tells time, name, page, the visitor's tail, variant, value and problems", async () => {
  store(dir, [
    someEvent({
      name: "purchase",
      experiments: { headline: "b" },
      value: 49,
      currency: "EUR",
      problems: [{ field: "score", problem: "not a number" }],
    }),
  ]);
  assert.equal(
    await tail(),
    "12:00:00.005  purchase      /pricing/         …beef  headline=b  49 EUR  problems: score: not a number\n",
  );
});

test("a site that nobody knows is a slip: the command says which there are, and does nothing", async () => {
  const other = join(dir, "other.json");
  writeFileSync(other, JSON.stringify({ sites: [{ id: "quiet" }], data: { dir } }));
  store(dir, [someEvent({ property_id: "shop" })]);
  for (const argv of [
    ["export"],
    ["export", "-w", "sessions"],
    ["tail"],
    ["erase", "--visitor", "somebody"],
    ["prune", "--before", "2026-01-01"],
    ["identity", "show", "--user", "ada"],
  ]) {
    const { code, out, err } = await run([...argv, "--site", "shpo", "--config", other]);
    const sentence = `${argv[0]}: there is no site shpo: expected one of quiet, shop\n`;
    assert.deepEqual({ code, out, err }, { code: 1, out: "", err: sentence });
  }
  const quiet = await run(["export", "--site", "quiet", "--config", other]);
  assert.deepEqual(quiet, { code: 0, out: "", err: "" }, "a site without events yet is one");
  writeFileSync(other, "{");
  const shop = await run(["export", "--site", "shop", "--config", other, "--data", dir]);
  assert.equal(shop.code, 0, "settings with mistakes are no hindrance where the folder is named");
});

test("tail takes one site, one visitor by the end of the id, or problems only", async () => {
  const problems = [{ field: "score", problem: "not a number" }];
  store(dir, [
    someEvent({ name: "one", property_id: "shop" }),
    someEvent({ name: "two", client_id: "0190a5b2-0000-7000-8000-00000000cafe" }),
    someEvent({ name: "three", problems }),
  ]);
  const names = async (...argv: string[]) => lines(await tail(...argv)).map((line) => line.split(/\s+/)[1]);
  assert.deepEqual(await names("--site", "shop"), ["one"]);
  assert.deepEqual(await names("--visitor", "cafe"), ["two"]);
  assert.deepEqual(await names("--visitor", "…cafe"), ["two"]);
  assert.deepEqual(await names("--problems"), ["three"]);
});

const personal = {
  user_id: "ada-lovelace",
  ip_address: "192.0.2.77",
  email_hash: "hash-of-mail",
  ehash: "hash-of-old",
  did: "device-77",
  zip: "10115",
  traits: { plan: "pro", email: "ada@example.com" },
  page_location: "https://shop.example/thanks/?email=ada@example.com",
  properties: { note: "write to ada@example.com", size: "L" },
};

test("tail --debug shows every column with a value, and nothing that tells who the person is", async () => {
  const event = someEvent(personal);
  store(dir, [event]);
  const text = await tail("--debug");
  for (const secret of ["ada", "192.0.2.77", "hash-of", "device-77", "10115", event.client_id ?? ""]) {
    assert.ok(!text.includes(secret), secret);
  }
  assert.match(text, new RegExp(`id: ${event.id}`));
  assert.match(text, /client_id: …beef/);
  assert.match(text, /received_at: 2026-01-31T12:00:00\.005Z/);
  assert.match(text, /page_location: https:\/\/shop\.example\/thanks\/\?…/);
  assert.match(text, /traits: \{"plan":…,"email":…\}/);
  assert.match(text, /properties: \{"note":"write to …@…","size":"L"\}/);
  assert.doesNotMatch(text, /user_id: [^…]/);
});

test("what a visitor sends cannot move the cursor of the terminal that shows it", async () => {
  store(dir, [someEvent({ name: "\u001b[2Jbad", page_title: "\u009b31m", page_path: "/\u202egpj" })]);
  const text = await tail("--debug");
  assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});

test("tokens are made, shown once, listed without their secret, and revoked", async () => {
  const made = await run(["token", "create", "ci", "--role", "write", "--data", dir]);
  assert.equal(made.code, 0);
  assert.match(made.out, /^\S{20,}\n$/);
  const again = await run(["token", "create", "ci", "--data", dir]);
  assert.deepEqual([again.code, again.out], [1, ""]);
  const typo = await run(["token", "create", "ann", "--site", "shp", "--data", dir]);
  assert.equal(typo.code, 1);
  assert.match(typo.err, /there is no site shp here: one of main/);
  assert.equal((await run(["token", "create", "ann", "--site", "main", "--data", dir])).code, 0);
  const list = await run(["token", "list", "--data", dir]);
  assert.match(
    list.out,
    /^NAME +ROLE +SITES +CREATED\nci +write +all +\d{4}-\d\d-\d\dT\S+Z\nann +read +main +\d{4}-\S+Z\n$/,
  );
  assert.ok(!list.out.includes(made.out.trim()));
  assert.deepEqual(await run(["token", "revoke", "ci", "--data", dir]), {
    code: 0,
    out: "token ci revoked\n",
    err: "",
  });
  assert.equal((await run(["token", "revoke", "ci", "--data", dir])).code, 1);
});

test("experiment rebuild works the same results out again", async () => {
  const file = join(dir, "config.json");
  writeFileSync(file, JSON.stringify({ data: { dir }, experiments: [experimentForTest] }));
  store(dir, [exposure("v1", "b"), exposure("v2", "control")]);
  const results = async () => (await run(["export", "-w", "experiments", "--data", dir])).out;
  const before = await results();
  assert.equal(lines(before).length, 2);
  assert.deepEqual(await run(["experiment", "rebuild", "--config", file]), {
    code: 0,
    out: "experiments rebuilt: 2 people in the results\n",
    err: "",
  });
  assert.equal(await results(), before);
});

test("a slip in --data makes no folder: what changes stored data wants some", async () => {
  const nowhere = join(dir, "nowhere");
  for (const command of ["experiment rebuild", "token list", "token revoke ci", "demo --remove"]) {
    const { code, err } = await run([...command.split(" "), "--data", nowhere]);
    assert.deepEqual([code, /^there is no data in \S+nowhere yet/.test(err)], [1, true], command);
  }
  assert.equal(existsSync(nowhere), false);
});

test("demo --remove takes the made-up visitors out, and nobody else", async () => {
  store(dir, [
    someEvent({ client_id: "made-up", traffic_filter_name: "demo" }),
    someEvent({ client_id: "real" }),
  ]);
  const { code, out } = await run(["demo", "--remove", "--data", dir]);
  assert.deepEqual([code, out], [0, "1 made-up visitor removed, with all they did\n"]);
  const left = objects((await run(["export", "--data", dir])).out);
  assert.deepEqual(
    left.map((row) => row["client_id"]),
    ["real"],
  );
});

test("data of an earlier version is read once this one has brought it up to date, and until then says so", async () => {
  openDatabase(dir, migrations.slice(0, 10)).close();
  const reads = [["export"], ["sql", "select 1"], ["seal"], ["sinks"], ["identity", "show", "--user", "u"]];
  for (const args of reads) {
    const { code, err } = await run([...args, "--data", dir]);
    assert.equal(code, 1, args.join(" "));
    assert.match(
      err,
      /was written by an earlier Turnpike \(schema 10, this one has \d+\): start this version on it/,
    );
  }
  const verified = await run(["verify", "--data", dir]);
  assert.deepEqual([verified.code, verified.err], [0, ""]);
  const exported = await run(["export", "--data", dir]);
  assert.deepEqual([exported.code, exported.out, exported.err], [0, "", ""]);
});

test("a backup says which sealed file is not as it was written, and copies it as it is", async (t) => {
  store(dir, [someEvent(), someEvent()]);
  assert.equal((await run(["seal", "--now", "--data", dir])).code, 0);
  const [path = ""] = globSync("site=*/date=*/*.parquet", { cwd: join(dir, "events") });
  const bytes = readFileSync(join(dir, "events", path));
  bytes[100] = (bytes[100] ?? 0) ^ 0xff;
  writeFileSync(join(dir, "events", path), bytes);
  const to = mkdtempSync(join(tmpdir(), "turnpike-backup-"));
  t.after(() => rmSync(to, { recursive: true }));
  const { code, out, err } = await run(["backup", to, "--data", dir]);
  assert.deepEqual([code, out], [1, `copied to ${to}: 2 events, 1 sealed file\n`]);
  assert.equal(
    err,
    `events/${path} is not as it was written, here and in the copy: put it back from an older backup\n`,
  );
  assert.deepEqual(readFileSync(join(to, "events", path)), bytes);
});
