import assert from "node:assert/strict";
import { test } from "node:test";
import { createPlaceKeeper } from "./place-keeper.ts";
import type { Place } from "./runner.ts";

const at = (seq: number): Place => ({
  seq,
  receivedAt: null,
  failures: 0,
  missed: 0,
  lastError: null,
  lastErrorAt: null,
});

test("places are kept together after a while, the newest of each", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const kept: unknown[] = [];
  const keeper = createPlaceKeeper(async (places) => kept.push(places), 250);
  keeper.take("a", at(1));
  keeper.take("b", at(5));
  keeper.take("a", at(2));
  t.mock.timers.tick(249);
  await keeper.flush();
  assert.deepEqual(kept, [
    [
      { ...at(2), id: "a" },
      { ...at(5), id: "b" },
    ],
  ]);
  t.mock.timers.tick(1000);
  await keeper.flush();
  assert.equal(kept.length, 1, "nothing new, nothing kept");
});

test("what the disk refuses is kept the next time, unless there is something newer", async () => {
  const tried: unknown[] = [];
  let isFull = true;
  const keeper = createPlaceKeeper(async (places) => {
    tried.push(places.map(({ id, seq }) => `${id}${seq}`));
    if (isFull) throw new Error("the disk is full");
  }, 250);
  keeper.take("a", at(1));
  keeper.take("b", at(1));
  await keeper.flush();
  isFull = false;
  keeper.take("a", at(2));
  await keeper.flush();
  assert.deepEqual(tried, [
    ["a1", "b1"],
    ["a2", "b1"],
  ]);
});
