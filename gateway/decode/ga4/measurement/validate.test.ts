import assert from "node:assert/strict";
import { test } from "node:test";
import type { Hit } from "../../../model/hit.ts";
import { decode, receivedAt, serverHit } from "../test-hit.ts";
import { validate } from "./validate.ts";

const path = { path: "/debug/mp/collect", base: "/debug/mp/collect" };
const event = { name: "login", params: { method: "email" } };

const messagesOf = (body: unknown, parts: Partial<Hit> = {}): string[] => {
  const answer = validate(serverHit(body, { ...path, ...parts }));
  assert.equal(answer.status, 200);
  const { validationMessages } = JSON.parse(String(answer.body)) as {
    validationMessages: { fieldPath: string; validationCode: string; description: string }[];
  };
  // One sentence each, which names what it is about.
  for (const { description } of validationMessages) assert.match(description, /^[^\s].{15,}[^.]\.$/);
  return validationMessages.map(({ fieldPath, validationCode }) => `${fieldPath} ${validationCode}`);
};

test("a good request gets no message, and nothing of it is stored", () => {
  const body = { client_id: "1.2", events: [event] };
  assert.deepEqual(messagesOf(body), []);
  assert.deepEqual(decode(serverHit(body, path)), { events: [], rejects: [] });
});

test("each mistake is told with its place", () => {
  const long = "x".repeat(101);
  const cases: readonly [body: unknown, messages: string[]][] = [
    ["nonsense", [" VALUE_INVALID"]],
    [{ events: [event] }, ["client_id VALUE_REQUIRED"]],
    [{ client_id: "1.2" }, ["events VALUE_REQUIRED"]],
    [{ client_id: "1.2", events: new Array(26).fill(event) }, ["events EXCEEDED_MAX_ENTITIES"]],
    [{ client_id: "1.2", events: [{}] }, ["events[0].name VALUE_REQUIRED"]],
    [{ client_id: "1.2", events: [{ name: "a b" }] }, ["events[0].name NAME_INVALID"]],
    [{ client_id: "1.2", events: [{ name: "session_start" }] }, ["events[0].name NAME_RESERVED"]],
    [{ client_id: "1.2", events: [{ name: "ga_x" }] }, ["events[0].name NAME_RESERVED"]],
    [
      { client_id: "1.2", events: [{ name: "a", params: { text: long, page_location: long } }] },
      ["events[0].params.text VALUE_OUT_OF_BOUNDS"],
    ],
    [
      { client_id: "1.2", events: [{ name: "a", params: { firebase_x: 1, _y: 2 } }] },
      ["events[0].params.firebase_x NAME_RESERVED", "events[0].params._y NAME_INVALID"],
    ],
    [{ client_id: "1.2", user_properties: 3, events: [event] }, ["user_properties VALUE_INVALID"]],
    [
      { client_id: "1.2", events: [{ name: "a", params: { value: 5 } }] },
      ["events[0].params.currency VALUE_REQUIRED"],
    ],
    [
      { client_id: "1.2", events: [{ name: "a", params: { items: {} } }] },
      ["events[0].params.items VALUE_INVALID"],
    ],
    [{ client_id: "1.2", timestamp_micros: "soon", events: [event] }, ["timestamp_micros VALUE_INVALID"]],
    [
      { client_id: "1.2", timestamp_micros: receivedAt, events: [event] },
      ["timestamp_micros VALUE_OUT_OF_BOUNDS"],
    ],
    [
      { client_id: "1.2", user_properties: { "a b": { value: "x".repeat(37) } }, events: [event] },
      ["user_properties.a b NAME_INVALID", "user_properties.a b VALUE_OUT_OF_BOUNDS"],
    ],
  ];
  for (const [body, messages] of cases)
    assert.deepEqual(messagesOf(body), messages, JSON.stringify(body).slice(0, 100));
});

test("a wrong secret and a foreign stream are told", () => {
  const body = { client_id: "1.2", events: [event] };
  assert.deepEqual(messagesOf(body, { trusted: false }), ["api_secret VALUE_INVALID"]);
  assert.deepEqual(messagesOf(body, { query: "" }), ["measurement_id VALUE_REQUIRED"]);
});
