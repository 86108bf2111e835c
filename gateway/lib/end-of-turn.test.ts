import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as endOfTurn } from "node:timers/promises";
import { sendAtEndOfTurn } from "./end-of-turn.ts";

test("what is held is sent at the end of the turn, in order, and what comes meanwhile at the end of the next", async () => {
  const sent: string[] = [];
  const late = { sendHeld: () => void sent.push("late") };
  const holds = (name: string) => ({
    sendHeld() {
      sent.push(name);
      if (name === "a") sendAtEndOfTurn(late);
    },
  });
  for (const name of ["a", "b"]) sendAtEndOfTurn(holds(name));
  await Promise.resolve();
  assert.deepEqual(sent, [], "not while others are still to be read");
  await endOfTurn();
  assert.deepEqual(sent, ["a", "b"]);
  await endOfTurn();
  assert.deepEqual(sent, ["a", "b", "late"]);
});
