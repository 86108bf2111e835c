import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type CaseConfig,
  type CaseHit,
  type Columns,
  type Ga4Case,
  ga4Cases,
  ga4Table,
  lineOf,
  settingsOf,
  timeOf,
} from "./ga4-cases.ts";
import { type ExportRow, type ReplayResult, replayed } from "./replay-run.ts";
import { isSame } from "./same-value.ts";

describe("what replayed GA4 requests leave in the export", () => {
  for (const one of ga4Cases) {
    if (one.expect.startup_error) continue;
    const { events, sessions, stored_hits, rows_written } = one.expect;
    if (!events && !sessions && !stored_hits && rows_written === undefined) continue;
    test(`${one.id} (${one.area})`, async () => {
      const hits = one.hits ?? [];
      const result = await replayed(settingsOf(one.config), hits.map(lineOf));
      assert.equal(result.replay.err, "");
      checkCounts(one, result);
      checkEvents(one, result);
      checkSessions(one, result);
    });
  }
});

test("settings that cannot hold together are refused before anything is replayed", async () => {
  for (const one of ga4Cases.filter(({ expect }) => expect.startup_error)) {
    const { replay } = await replayed(settingsOf(one.config), []);
    assert.equal(replay.code, 1, one.id);
    assert.match(replay.err, /ipMasking/);
  }
});

const checkCounts = ({ expect, hits = [] }: Ga4Case, { events }: ReplayResult): void => {
  if (expect.rows_written !== undefined) assert.equal(events.length, expect.rows_written);
  if (!expect.stored_hits) return;
  const times = hits.map(timeOf);
  assert.deepEqual(
    events.map((row) => times.indexOf(Number(row["received_at"]))),
    expect.stored_hits,
  );
};

const checkEvents = ({ expect, hits = [] }: Ga4Case, { events }: ReplayResult): void => {
  const rows = rowsOfHits(hits, events);
  for (const { hit, columns } of expect.events ?? []) {
    const row = rows.get(String(hit)) ?? rows.get(`${hit}.0`);
    assert.ok(row, `hit ${hit} has a row`);
    checkColumns(`hit ${hit}`, row, columns);
  }
};

const checkSessions = ({ expect, hits = [] }: Ga4Case, { events, sessions }: ReplayResult): void => {
  if (!expect.sessions) return;
  const rows = rowsOfHits(hits, events);
  const parts = new Map<string, number[]>();
  for (const [hit, row] of rows) {
    const session = String(row["session_id"]);
    parts.set(session, [...(parts.get(session) ?? []), Math.trunc(Number(hit))]);
  }
  assert.deepEqual(
    [...parts.values()].sort(byFirst),
    expect.sessions.map((one) => [...one.hits]).sort(byFirst),
  );
  for (const { hits: members, columns = {} } of expect.sessions) {
    const row = rows.get(`${members[0]}.0`);
    const session = sessions.find((one) => one["session_id"] === row?.["session_id"]);
    checkColumns(`session of hit ${members[0]}`, { ...session, ...row }, columns);
  }
};

const byFirst = (a: readonly number[], b: readonly number[]): number => (a[0] ?? 0) - (b[0] ?? 0);

/** The rows by the hit and the line of its body that they come from: rows stand in order of arrival. */
const rowsOfHits = (
  hits: readonly CaseHit[],
  events: readonly ExportRow[],
): ReadonlyMap<string, ExportRow> => {
  const rows = new Map<string, ExportRow>();
  const left = [...events];
  for (const [number, hit] of hits.entries()) {
    const lines = (hit.body ?? "").split("\n").filter((line) => line.trim() !== "").length || 1;
    for (let line = 0; line < lines; line++) {
      const at = left.findIndex((row) => row["received_at"] === timeOf(hit));
      const [row] = at < 0 ? [] : left.splice(at, 1);
      if (row) rows.set(`${number}.${line}`, row);
    }
  }
  return rows;
};

const checkColumns = (what: string, row: ExportRow, columns: Columns): void => {
  const wrong = Object.entries(columns).filter(
    ([name, value]) => !(name in row) || !isSame(name, row[name], value),
  );
  assert.deepEqual(
    Object.fromEntries(wrong.map(([name]) => [name, row[name]])),
    Object.fromEntries(wrong),
    what,
  );
};

interface TableHit {
  readonly hit: CaseHit;
  readonly columns: Columns;
  readonly config?: CaseConfig;
}

const hitOf = (at: number, change: Partial<CaseHit>): CaseHit => {
  const base = ga4Table("tbl-ga4-params").base ?? {};
  return { at, path: "/g/collect", ...change, query: { ...base, cid: `row.${at}`, ...change.query } };
};

/** Rows of parameter, value, column, expected; null as the value leaves the parameter out. */
const parameterHits = (id: string): readonly TableHit[] =>
  ga4Table(id).rows.map(([param, value, column, expected], at) => ({
    hit: hitOf(at, { query: value === null ? {} : { [String(param)]: String(value) } }),
    columns: { [String(column)]: expected },
  }));

const addressHits = (): readonly TableHit[] =>
  ga4Table("tbl-client-ip").rows.map(([trusted, peer, headers, expected]) => ({
    config: { trusted_proxies: trusted as string[] },
    hit: hitOf(0, { remote_addr: String(peer), headers: headers as Record<string, string> }),
    columns: { ip_address: expected },
  }));

const maskingHits = (): readonly TableHit[] =>
  ga4Table("tbl-ip-masking").rows.map(([level, address, expected]) => ({
    config: { ip_masking_level: Number(level), join_by_session_stamp: false },
    hit: hitOf(0, { remote_addr: String(address) }),
    columns: { ip_address: expected },
  }));

for (const id of ["tbl-ga4-params", "tbl-url-campaign-params", "tbl-consent"]) {
  describe(id, async () => {
    const rows = parameterHits(id);
    const result = replayed(
      settingsOf({ join_by_session_stamp: false }),
      rows.map(({ hit }) => lineOf(hit)),
    );
    for (const [number, { hit, columns }] of rows.entries()) {
      test(`row ${number}: ${JSON.stringify(ga4Table(id).rows[number])}`, async () => {
        const { events } = await result;
        const stored = events.filter((row) => row["received_at"] === timeOf(hit));
        assert.equal(stored.length, 1, "one row is stored");
        checkColumns(`row ${number}`, stored[0] ?? {}, columns);
      });
    }
  });
}

describe("addresses", () => {
  for (const { hit, columns, config } of [...addressHits(), ...maskingHits()]) {
    test(`${hit.remote_addr} ${JSON.stringify({ ...config, ...hit.headers })}`, async () => {
      const { events } = await replayed(settingsOf(config), [lineOf(hit)]);
      checkColumns("the row", events[0] ?? {}, columns);
    });
  }
});
