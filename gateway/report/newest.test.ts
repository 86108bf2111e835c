import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "../model/event.ts";
import { makeEvent } from "../model/test-event.ts";
import { newestEvents } from "./newest.ts";

const stored = (changes: Partial<Event>) => {
  const event = makeEvent(changes);
  const [newest] = newestEvents({ read: () => [{ seq: 1, event }] }, null, 1, 0, 50);
  return newest;
};

const cases: readonly (readonly [
  what: string,
  event: Partial<Event>,
  variant: string | null,
  all: string[],
])[] = [
  ["no experiment", {}, null, []],
  ["an empty map", { experiments: {} }, null, []],
  ["one", { experiments: { headline: "b" } }, "b", ["headline=b"]],
  ["several", { experiments: { headline: "b", x: "control" } }, "b", ["headline=b", "x=control"]],
  [
    "an exposure among several",
    { type: "exposure", experiment_id: "x", variation_id: "c", experiments: { headline: "b", x: "c" } },
    "c",
    ["x=c"],
  ],
];
for (const [what, event, variant, all] of cases) {
  test(`the newest events say which variants are in force: ${what}`, () => {
    const newest = stored(event);
    assert.deepEqual([newest?.variant, newest?.variants], [variant, all]);
  });
}
