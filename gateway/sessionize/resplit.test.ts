import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { anyEvents, anyRules } from "./fake-events.ts";
import { resplit } from "./resplit.ts";
import { compareEvents, splitSessions } from "./split-sessions.ts";

test("two people's events together are cut as if they had always been one's, from when both have some", () => {
  const joined = fc.property(anyEvents, fc.infiniteStream(fc.boolean()), anyRules, (events, mine, rules) => {
    const sorted = events.toSorted(compareEvents);
    const isMine = new Map(sorted.map(({ id }) => [id, mine.next().value === true]));
    const one = sorted.filter(({ id }) => isMine.get(id));
    const other = sorted.filter(({ id }) => !isMine.get(id));
    const begins = [one[0]?.at, other[0]?.at];
    if (begins[0] === undefined || begins[1] === undefined) return;
    const since = Math.max(begins[0], begins[1]);
    const before = [...splitSessions(one, rules), ...splitSessions(other, rules)].sort(
      (a, b) => a.startedAt - b.startedAt || a.endedAt - b.endedAt,
    );
    const { remove, insert } = resplit(before, (from) => sorted.filter(({ at }) => at >= from), since, rules);
    const gone = new Set(remove);
    const after = [...before.filter((session) => !gone.has(session)), ...insert];
    assert.deepEqual(after, splitSessions(sorted, rules));
  });
  fc.assert(joined, { numRuns: 500 });
});
