import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "../../model/event.ts";
import { rowsOf, withDuck } from "./duck.ts";
import { erasedRows, showEvent } from "./erasures.ts";
import type { Erasure } from "./segment.ts";
import { eventForTest } from "./test-folder.ts";

const erasure = (column: Erasure["column"], value: string): Erasure => ({
  no: 1,
  site: "main",
  column,
  value,
  upToSeq: 10,
});

const own = { client_id: null, user_id: "ann's" };

/** What is erased of these, and what stays: of others, of another site, of later. */
const cases: readonly [Erasure, Partial<Event>, seq: number, isErased: boolean][] = [
  [erasure("client_id", "v'1"), { client_id: "v'1" }, 10, true],
  [erasure("client_id", "v'1"), { client_id: "v'1" }, 11, false],
  [erasure("client_id", "v'1"), { client_id: "v'1", property_id: "other" }, 1, false],
  [erasure("client_id", "v'1"), { client_id: "v'2" }, 1, false],
  [erasure("client_id", "v'1"), { client_id: null, user_id: "v'1" }, 1, false],
  [erasure("user_id", "ann's"), { client_id: "v'1", user_id: "ann's" }, 1, true],
  // An owner is a user without a visitor: what the site's server sent of him.
  [erasure("owner", "ann's"), own, 10, true],
  [erasure("owner", "ann's"), own, 11, false],
  [erasure("owner", "ann's"), { ...own, property_id: "other" }, 1, false],
  [erasure("owner", "ann's"), { ...own, user_id: "bob" }, 1, false],
  [erasure("owner", "ann's"), { ...own, client_id: "v'1" }, 1, false],
  [erasure("owner", "ann's"), { client_id: null, user_id: null }, 1, false],
  [erasure("client_id", "v'1"), { client_id: null, user_id: null }, 1, false],
  [erasure("user_id", "ann's"), { client_id: "v'1", user_id: null }, 1, false],
  [erasure("referrer", "v'1"), { client_id: "v'1", ref: "v'1" }, 1, false],
];

test("an erasure takes the same events out of files and of what is read meanwhile", async () => {
  await withDuck(async (duck) => {
    for (const [one, change, seq, isErased] of cases) {
      const event = eventForTest(change);
      const text = JSON.stringify([one.column, change, seq]);
      assert.equal(showEvent([one], seq, event) === null, isErased, text);
      const value = (text: string | null | undefined) => (text ? `'${text.replaceAll("'", "''")}'` : "NULL");
      const row = `SELECT ${value(event.property_id)} AS property_id, ${seq} AS seq, ${value(event.client_id)} AS client_id, ${value(event.user_id)} AS user_id`;
      const [found] = await rowsOf(duck, `SELECT (${erasedRows([one])}) AS gone FROM (${row})`);
      assert.equal(found?.["gone"], isErased, text);
    }
  });
});
