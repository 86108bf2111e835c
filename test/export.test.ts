import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Overview } from "../gateway/model/admin.ts";
import { eventColumns } from "../gateway/model/event.ts";
import { ask, newVisitor } from "./ask.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { runTurnpike } from "./program.ts";
import { queryData, settle, storedEvents } from "./stored.ts";

const names = eventColumns.map((column) => column.name);
const times = ["timestamp_utc", "client_time"];

let gateway: Gateway;
before(async () => {
  gateway = await startGateway();
  for (let i = 0; i < 4; i++) {
    const visitor = newVisitor(gateway.url);
    await visitor.ask(`/pricing/?utm_source=news&n=${i}`);
    const events = [
      {
        ename: "page_view",
        type: "page",
        url: `${gateway.url}/pricing/?n=${i}`,
        title: 'a "quoted", title\nof two lines',
      },
      {
        ename: "purchase",
        type: "outcome",
        value: 10 + i,
        currency: "EUR",
        params: { Case: "kept", list: [1, { a: "ü€😀" }] },
      },
      { ename: "odd", value: "much" },
    ];
    const answer = await visitor.ask("/tr/v1/", { method: "POST", body: JSON.stringify(events) });
    assert.equal(answer.status, 200);
  }
  await settle(gateway.data);
});
after(() => gateway?.close());

const turnpike = (...args: readonly string[]) => runTurnpike(args);
const succeed = async (...args: readonly string[]): Promise<string> => {
  const { code, out, err } = await turnpike(...args);
  assert.deepEqual({ code, err }, { code: 0, err: "" });
  return out;
};

test("export --format jsonl prints every stored event under the names of the columns", async () => {
  const lines = (await succeed("export", "--format", "jsonl", "--data", gateway.data)).trimEnd().split("\n");
  const events = storedEvents(gateway.data);
  assert.equal(events.length, 4 * 5, "a document, an exposure and three events a visitor");
  const expected = events.map((event) => {
    const row: Record<string, unknown> = Object.fromEntries(names.map((name) => [name, event[name] ?? null]));
    for (const name of times) if (row[name] !== null) row[name] = new Date(Number(row[name])).toISOString();
    return row;
  });
  const printed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const row of printed) assert.deepEqual(Object.keys(row).slice(0, names.length), names);
  assert.deepEqual(
    printed.map((row) => Object.fromEntries(names.map((name) => [name, row[name]]))),
    expected,
  );
  const sessions = printed.filter((row) => row["name"] === "page_view").map((row) => row["session_id"]);
  assert.equal(new Set(sessions).size, 4, "a session a visitor");
});

/** Rows of RFC 4180. */
const parseCsv = (text: string): string[][] => {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n)/g)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
    if (end !== ",") rows.push([]);
  }
  return rows.slice(0, -1);
};

test("export --format csv says the same in a table", async () => {
  const csv = parseCsv(await succeed("export", "--format", "csv", "--data", gateway.data));
  const jsonl = (await succeed("export", "--data", gateway.data)).trimEnd().split("\n");
  assert.deepEqual(csv[0]?.slice(0, names.length), names);
  const asText = (value: unknown) =>
    value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  // The table has columns for events of every protocol, a line of JSON those of its own.
  const columns = csv[0] ?? [];
  assert.deepEqual(
    csv.slice(1),
    jsonl.map((line) => {
      const row = JSON.parse(line) as Record<string, unknown>;
      return columns.map((name) => asText(row[name] ?? null));
    }),
  );
});

test("export takes a time, a site, and other things than events", async () => {
  const count = async (...args: string[]) =>
    (await succeed("export", "--data", gateway.data, ...args)).split("\n").length - 1;
  assert.equal(await count("--to", "2020-01-01"), 0);
  assert.equal(await count("--from", "2020-01-01", "--site", "main"), 20);
  const other = await turnpike("export", "--data", gateway.data, "--site", "other");
  assert.deepEqual([other.code, other.out], [1, ""]);
  assert.match(other.err, /^export: .*other.*main/);
  assert.equal(await count("--what", "sessions", "--from", "2020-01-01"), 4);
  const results = (await succeed("export", "--data", gateway.data, "--what", "experiments"))
    .trimEnd()
    .split("\n");
  assert.deepEqual(
    results.map((line) => JSON.parse(line) as unknown),
    queryData(gateway.data, "select * from experiment_outcomes order by experiment, goal, variant"),
  );
});

test("sql reads the database beside the running gateway, and writes nothing", async () => {
  const rows = "select count(*) as n, sum(value) as value from events where name = 'purchase'";
  assert.equal(await succeed("sql", rows, "--data", gateway.data), "n\tvalue\n4\t46\n");
  assert.deepEqual(JSON.parse(await succeed("sql", rows, "--json", "--data", gateway.data)), [
    { n: 4, value: 46 },
  ]);
  for (const statement of [
    "delete from journal",
    "drop table journal",
    "select 1; delete from journal",
    "nonsense",
  ]) {
    const { code, out, err } = await turnpike("sql", statement, "--data", gateway.data);
    assert.deepEqual([code, out], [1, ""], statement);
    assert.match(err, /^sql: .+: only one statement that reads is taken\n$/);
  }
  const { err } = await turnpike("sql", "select nope from events", "--data", gateway.data);
  assert.equal(
    err,
    "sql: no such column: nope: `turnpike sql 'select sql from sqlite_schema'` shows what there is\n",
  );
  assert.equal(storedEvents(gateway.data).length, 20);
});

test("check says that the shipped settings are right, and all that is wrong with others", async () => {
  assert.equal(await succeed("check"), "config.json: ok: 1 site, 2 routes, 1 experiment\n");
  const folder = mkdtempSync(join(tmpdir(), "turnpike-check-"));
  const file = join(folder, "wrong.json");
  writeFileSync(
    file,
    JSON.stringify({ listen: { htp: ":1" }, limits: { bodyBytes: -1 }, routes: [{ path: "x" }] }),
  );
  const { code, out, err } = await turnpike("check", "--config", file);
  rmSync(folder, { recursive: true });
  assert.deepEqual([code, out], [1, ""]);
  for (const part of [/listen.*htp/, /limits\.bodyBytes/, /routes\[0\]/]) assert.match(err, part);
});

test("routes shows who answers what", async () => {
  const lines = (await succeed("routes"))
    .trimEnd()
    .split("\n")
    .map((line) => line.split(/ {2,}/));
  assert.deepEqual(lines[0], ["HOST", "PATH", "ANSWERED BY"]);
  const paths = lines.slice(1).map(([, path]) => path ?? "");
  for (const path of ["/", "/api/", "/tr/v1/", "/tr/v1/me", "/tr/v1/x", "/track.js"])
    assert.ok(paths.includes(path), path);
  const ours = /^\/(track\.|tr\/v1\/|(str|img|ppi|tlv)\/v1\/$)/;
  assert.deepEqual(paths.filter((path) => !ours.test(path)).sort(), ["/", "/api/"], "all else is the site's");
});

const misuses = [
  [],
  ["strat"],
  ["export", "--format", "xml"],
  ["sql"],
  ["start", "--proxy", "http://localhost:1", "--static", "."],
];
test("what is used wrongly ends with 2, and says on stderr how to use it", async () => {
  for (const args of misuses) {
    const { code, out, err } = await turnpike(...args);
    assert.deepEqual([code, out], [2, ""], `turnpike ${args.join(" ")}`);
    assert.match(err, /help/);
  }
});

test("what cannot be done fails with 1 and a sentence", async () => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-none-"));
  const none = await turnpike("export", "--data", folder);
  rmSync(folder, { recursive: true });
  assert.deepEqual([none.code, none.out], [1, ""]);
  assert.match(
    none.err,
    /^there is no data in \S+ yet: start the gateway, or name the folder with --data\n$/,
  );
  const deaf = await turnpike("demo", "--visitors", "1", "--url", "http://127.0.0.1:1");
  assert.equal(deaf.code, 1);
  assert.match(deaf.err, /^demo: nothing answers at http:\/\/127\.0\.0\.1:1 \(ECONNREFUSED\)/);
});

/** All that is kept of visitors, whatever made them. */
const stateOf = async (): Promise<object> => {
  await settle(gateway.data);
  const overview = (await (await gateway.admin("/api/overview")).json()) as Overview;
  const query = (sql: string) => queryData(gateway.data, sql);
  return {
    totals: overview.totals,
    events: query("SELECT seq, body FROM journal ORDER BY seq"),
    visitors: query("SELECT * FROM visitors ORDER BY no"),
    sessions: query("SELECT * FROM sessions ORDER BY person, started_at"),
    people: query("SELECT * FROM person_events ORDER BY person, seq"),
    subjects: query("SELECT * FROM experiment_subjects ORDER BY person"),
    goals: query("SELECT * FROM experiment_subject_goals ORDER BY person"),
    outcomes: query("SELECT * FROM experiment_outcomes ORDER BY variant"),
    counters: query("SELECT * FROM counters WHERE n <> 0 ORDER BY site, counter"),
  };
};

test("made-up visitors fill the experiment, and are removed without a trace and without touching real ones", async () => {
  const before = await stateOf();
  const out = await succeed("demo", "--visitors", "30", "--url", gateway.url);
  assert.match(out, /^30 visitors: 60 pages, \d+ purchases?; \d+ events acknowledged in /);

  await settle(gateway.data);
  const outcomes = queryData(gateway.data, "SELECT sum(exposed) AS n FROM experiment_outcomes");
  assert.deepEqual(outcomes, [{ n: 34 }], "30 made up, and 4 real");
  const overview = (await (await gateway.admin("/api/overview")).json()) as Overview;
  assert.equal(overview.totals.demoVisitors, 30);
  assert.equal(overview.totals.visitors, 34);

  await ask(`${gateway.url}/tr/v1/?ename=meanwhile`, { headers: { "sec-gpc": "1" } });
  const meanwhile = storedEvents(gateway.data).at(-1)?.id;
  assert.match(await succeed("demo", "--remove", "--data", gateway.data), /^30 made-up visitors removed/);
  assert.equal(storedEvents(gateway.data).at(-1)?.id, meanwhile, "a real event between them stays");

  const left = (await stateOf()) as {
    totals: Overview["totals"];
    events: unknown[];
    counters: { n: number; counter: string }[];
  };
  left.events.pop();
  for (const row of left.counters) if (row.counter === "events") row.n--;
  const totals = { ...left.totals, events: left.totals.events - 1 };
  assert.deepEqual({ ...left, totals }, before);
});
