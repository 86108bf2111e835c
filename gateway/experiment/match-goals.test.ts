import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "../model/event.ts";
import { makeExperiment, makeHappening } from "./fake-experiment.ts";
import { matchGoals } from "./match-goals.ts";

const goals = [
  { key: "purchase", event: "purchase", value: "value", windowHours: 72 },
  { key: "seats", event: "purchase", value: "seats", windowHours: 72 },
  { key: "orders", event: "purchase", value: null, windowHours: 72 },
  { key: "signup", event: "signup", value: null, windowHours: 24 },
];
const experiment = makeExperiment({ goals });

const match = (fields: Partial<Event>) =>
  matchGoals(experiment, makeHappening("e", 0, fields)).map(({ goal, micros }) => [goal.key, micros]);

test("an event counts for every goal that names it, with the amount of a column or a property", () => {
  assert.deepEqual(match({ name: "purchase", value: 19.99, properties: { seats: 3 } }), [
    ["purchase", 19_990_000],
    ["seats", 3_000_000],
    ["orders", 0],
  ]);
  assert.deepEqual(match({ name: "signup" }), [["signup", 0]]);
  assert.deepEqual(match({ name: "page_view" }), []);
});

test("a property serves where the column of that name is empty", () => {
  assert.deepEqual(match({ value: null, properties: { value: 2 } })[0], ["purchase", 2_000_000]);
});

test("an amount that is no usable number counts as 0, and the event still counts", () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1e9 + 1, -1e12, -0, 1e-9]) {
    assert.deepEqual(match({ value })[0], ["purchase", 0], String(value));
  }
  for (const seats of ["3", true, null, [3], { n: 3 }]) {
    assert.deepEqual(match({ properties: { seats } })[1], ["seats", 0], JSON.stringify(seats));
  }
  assert.deepEqual(match({ value: 1e9 })[0], ["purchase", 1e15]);
  assert.deepEqual(match({ value: -5.5 })[0], ["purchase", -5_500_000], "a refund");
});

test("a goal may name anything without reaching what is no value", () => {
  for (const value of ["constructor", "__proto__", "toString"]) {
    const odd = makeExperiment({ goals: [{ key: "g", event: "purchase", value, windowHours: 1 }] });
    const [matched] = matchGoals(odd, makeHappening("e", 0, { properties: {} }));
    assert.equal(matched?.micros, 0, value);
  }
});

test("events of bots and of other sites count for nothing", () => {
  assert.deepEqual(match({ bot: "crawler" }), []);
  assert.deepEqual(match({ property_id: "other" }), []);
});
