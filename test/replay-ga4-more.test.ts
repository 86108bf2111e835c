/** Each case is a site of its own, so that one replay holds them all. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { lineOf, settingsOf } from "./ga4-cases.ts";
import { moreCases } from "./ga4-more/all.ts";
import type { MoreCase } from "./ga4-more/case.ts";
import { type ExportRow, replayed } from "./replay-run.ts";
import { isSame } from "./same-value.ts";

const siteOf = (no: number): string => `case-${no}`;
const hostOf = (no: number): string => `${siteOf(no)}.test`;

const settings = {
  sites: moreCases.map(({ config }, no) => ({
    ...(settingsOf(config)["sites"] as readonly object[])[0], // it makes one
    id: siteOf(no),
    hosts: [hostOf(no)],
  })),
};

const lines = moreCases.flatMap(({ hits }, no) =>
  hits.map((one) => lineOf({ ...one, headers: { ...one.headers, host: hostOf(no) } })),
);

const result = replayed(settings, lines);

for (const [no, one] of moreCases.entries()) {
  test(one.name, async () => {
    const { replay, events } = await result;
    assert.equal(replay.err, "");
    const rows = events.filter((row) => row["property_id"] === siteOf(no));
    checkRows(one, rows);
    if (one.sessions) assert.deepEqual(sharesOf(rows), one.sessions);
  });
}

const checkRows = ({ rows = [] }: MoreCase, found: readonly ExportRow[]): void => {
  for (const [i, columns] of rows.entries()) {
    const row = found[i] ?? {};
    const wrong = Object.entries(columns).filter(
      ([name, value]) => !(name in row) || !isSame(name, row[name], value),
    );
    const have = Object.fromEntries(wrong.map(([name]) => [name, row[name]]));
    assert.deepEqual(have, Object.fromEntries(wrong), `row ${i}`);
  }
};

const sharesOf = (rows: readonly ExportRow[]): readonly (readonly number[])[] => {
  const shares = new Map<string, number[]>();
  for (const [i, row] of rows.entries()) {
    const session = String(row["session_id"]);
    shares.set(session, [...(shares.get(session) ?? []), i]);
  }
  return [...shares.values()];
};
