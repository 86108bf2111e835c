import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Event } from "../model/event.ts";
import type { Referral, ReferralTable } from "../model/projection.ts";
import { referralOf } from "./referral-of.ts";
import { compareReferrals, createReferralProjection } from "./referrals.ts";

const createTable = (): ReferralTable & { rows: Referral[] } => ({
  rows: [],
  visitor: (event) => (event.client_id ? 1 : null),
  list() {
    return this.rows.toSorted(compareReferrals);
  },
  put(_visitor, referral) {
    this.rows.push(referral);
  },
  remove(_visitor, { at, id }) {
    this.rows = this.rows.filter((row) => row.at !== at || row.id !== id);
  },
});

const drawn = fc.uniqueArray(
  fc.record({
    id: fc.integer({ min: 0, max: 999 }).map((n) => `e${n}`),
    at: fc.integer({ min: 0, max: 30 }),
    ref: fc.constantFrom(undefined, ..."abcdefghijklmnop"),
    aff: fc.constantFrom(undefined, undefined, "summer"),
  }),
  { selector: ({ id }) => id, maxLength: 40 },
);

const toEvent = ({
  id,
  at,
  ref,
  aff,
}: {
  id: string;
  at: number;
  ref?: string | undefined;
  aff?: string | undefined;
}) => ({ id, timestamp_utc: at, client_id: "v", ref: ref ?? null, aff: aff ?? null }) as unknown as Event; // what is read

test("the earliest referrals are kept, whatever comes first", () => {
  const arrivals = drawn.chain((all) =>
    fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })),
  );
  fc.assert(
    fc.property(arrivals, ([all, shuffled]) => {
      const [first, second] = [createTable(), createTable()];
      for (const [table, events] of [
        [first, all.toSorted((a, b) => a.at - b.at)],
        [second, shuffled],
      ] as const) {
        const projection = createReferralProjection(table);
        for (const [i, one] of events.entries()) projection.apply({ seq: i, event: toEvent(one), person: 1 });
      }
      assert.deepEqual(second.list(1), first.list(1));
      assert.ok(first.rows.length <= 10);
    }),
  );
});

const referral = (ref: string, at = 0): Referral => ({ at, id: `e${at}`, ref, rcode: null, aff: null });

/** People by one id each, and who sent them. */
const facts = (
  sent: Readonly<Record<string, readonly Referral[]>>,
  ids: readonly string[] = Object.keys(sent),
) => ({
  referrals: (person: number) => sent[ids[person] ?? ""] ?? [],
  idsOf: (person: number) => [ids[person] ?? ""],
  personOf: (id: string) => (ids.includes(id) ? ids.indexOf(id) : null),
});

test("a generation is one more than that of who sent", () => {
  const chain = facts({ a: [], b: [referral("a")], c: [referral("b")], d: [referral("nobody")] });
  assert.deepEqual(
    [0, 1, 2, 3].map((person) => referralOf(chain, person)?.generation ?? null),
    [null, 1, 2, 1],
  );
});

test("who sends himself is sent by the next", () => {
  const own = facts({ a: [], b: [referral("b"), referral("a", 1)] });
  assert.deepEqual(referralOf(own, 1), { ...referral("a", 1), generation: 1 });
});

test("a circle ends, and so does an endless chain", () => {
  const circle = facts({ a: [referral("c")], b: [referral("a")], c: [referral("b")] });
  assert.equal(referralOf(circle, 0)?.generation, 3);
  const ids = Array.from({ length: 500 }, (_, i) => `p${i}`);
  const long = facts(Object.fromEntries(ids.map((id, i) => [id, [referral(`p${i + 1}`)]])));
  assert.equal(referralOf(long, 0)?.generation, 100);
});
