import assert from "node:assert/strict";
import { test } from "node:test";
import { createHeld } from "./held.ts";

test("what several hold is made once, and anew after the last has let go", () => {
  const held = createHeld<number>();
  let made = 0;
  const take = (name: string) => held.take(name, () => ++made);
  assert.deepEqual([take("a"), take("a"), take("b")], [1, 1, 2]);
  assert.deepEqual([held.release("a"), take("a")], [false, 1]);
  assert.deepEqual([held.release("a"), held.release("a"), held.release("a")], [false, true, false]);
  assert.equal(take("a"), 3);
});
