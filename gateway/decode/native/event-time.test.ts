import assert from "node:assert/strict";
import { test } from "node:test";
import { eventTime, isKeyTime } from "./event-time.ts";
import type { Notes } from "./notes.ts";
import { makeHit, receivedAt } from "./test-hit.ts";

const day = 86_400_000;

test("the client's time counts within a week before receipt, corrected by when it was sent", () => {
  for (const [what, claimed, sent, at, isRefused, trusted] of [
    ["no time", undefined, undefined, 0, false],
    ["a moment ago", -1, undefined, -1, false],
    ["a week ago", -7 * day, undefined, -7 * day, false],
    ["more than a week ago", -7 * day - 1, undefined, 0, true],
    ["more than a week ago, from the site's server", -400 * day, undefined, -400 * day, false, true],
    ["a clock that is ahead a little", 5000, undefined, 0, false],
    ["a clock that is ahead", 5001, undefined, 0, true],
    ["a server's clock that is ahead", 5001, undefined, 0, true, true],
    ["a clock that is ahead by a year, known by its time of sending", 365 * day, 365 * day + 70, -70, false],
    ["a clock that is a year behind", -365 * day - 70, -365 * day, -70, false],
    ["an event later than its sending", 80, 70, 0, false],
    ["kept for a week", -7 * day, 0, -7 * day, false],
    ["kept for longer", -7 * day - 1, 0, 0, true],
  ] as const) {
    const notes: Notes = [];
    const of = (ms: number | undefined) => (ms === undefined ? undefined : receivedAt + ms);
    const when = eventTime(makeHit({ trusted: trusted ?? false }), of(claimed), of(sent), notes);
    assert.deepEqual(when, { at: receivedAt + at, claimed: isRefused ? of(claimed) : null }, what);
    assert.equal(notes.length, isRefused ? 1 : 0, what);
  }
});

test("a key's time lies between a week before receipt and a day after", () => {
  for (const [ms, fits] of [
    [-7 * day - 1, false],
    [-7 * day, true],
    [0, true],
    [day, true],
    [day + 1, false],
  ] as const) {
    assert.equal(isKeyTime(receivedAt + ms, receivedAt), fits, `${ms}`);
  }
});
