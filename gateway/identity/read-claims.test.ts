import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "../model/event.ts";
import { readClaims } from "./read-claims.ts";

const claimsOf = (event: Partial<Event>, joinByUser = true, joinByStamp = true): readonly string[] =>
  readClaims(
    {
      id: "e1",
      property_id: "main",
      tracking_protocol: "native",
      type: "alias",
      name: "alias",
      timestamp_utc: 0,
      received_at: 0,
      ...event,
    },
    { joinByUser, joinByStamp },
  ).map(({ kind, id, verified, undo }) =>
    [kind, id, ...(verified ? ["verified"] : []), ...(undo ? ["undo"] : [])].join(" "),
  );

test("only the site's server takes a claim back, by an alias that says so", () => {
  const undo = { user_id: "ada", properties: { undo: true } };
  for (const [event, claim] of [
    [{ ...undo, user_claim: "server" }, "user ada verified undo"],
    [{ ...undo, user_claim: "token" }, "user ada verified"],
    [{ ...undo, user_claim: "page" }, "user ada"],
    [{ ...undo, user_claim: "server", type: "identify" }, "user ada verified"],
    [{ ...undo, user_claim: "server", properties: { undo: "true" } }, "user ada verified"],
  ] satisfies [Partial<Event>, string][]) {
    assert.deepEqual(claimsOf(event), [claim], JSON.stringify(event));
  }
});

test("an alias claims the user's former id beside the one he has, placeholders nobody's", () => {
  const alias = { user_id: "ada", user_claim: "page" } as const;
  for (const [event, claims] of [
    [{ ...alias, properties: { previousId: "a1" } }, ["user ada", "user a1"]],
    [{ ...alias, properties: { previous_id: "a1" } }, ["user ada", "user a1"]],
    [{ ...alias, properties: { previous: "a1" } }, ["user ada", "user a1"]],
    [{ ...alias, properties: { previousId: "anonymous" } }, ["user ada"]],
    [{ ...alias, properties: { previousId: 7 } }, ["user ada"]],
    [{ ...alias, user_id: "undefined", properties: { previousId: "a1" } }, ["user a1"]],
    [{ ...alias, type: "identify", properties: { previousId: "a1" } }, ["user ada"]],
    [{ user_id: "ada", properties: { previousId: "a1" } }, []],
  ] satisfies [Partial<Event>, string[]][]) {
    assert.deepEqual(claimsOf(event), claims, JSON.stringify(event));
  }
});

test("users and stamps claim where the site joins by them", () => {
  const both = { user_id: "ada", user_claim: "page", session_stamp: "s" } as const;
  assert.deepEqual(claimsOf(both), ["user ada", "stamp s"]);
  assert.deepEqual(claimsOf(both, false), ["stamp s"]);
  assert.deepEqual(claimsOf(both, true, false), ["user ada"]);
});
