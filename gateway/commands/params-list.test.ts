import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event } from "../model/event.ts";
import { listParams } from "./params-list.ts";

const event = (parts: Partial<Event>): Event => ({
  id: "1",
  property_id: "main",
  tracking_protocol: "ga4_gtag",
  type: "track",
  name: "x",
  timestamp_utc: 0,
  received_at: 0,
  ...parts,
});

const text = (name: string, value_string: string) => ({ name, value_string, value_number: null });
const number = (name: string, value_number: number) => ({ name, value_string: null, value_number });

test("texts and numbers stand by name, an empty one as an empty text", () => {
  const list = listParams(event({ properties: { b: "x", a: 1.5, c: null, B: true } }));
  assert.deepEqual(list, [text("B", "true"), number("a", 1.5), text("b", "x"), text("c", "")]);
  assert.deepEqual(listParams(event({})), []);
});

test("what was sent in another form than it is stored in stands there as it was sent, once", () => {
  const list = listParams(
    event({
      properties: { level: 3, fatal: true, transaction_id: "7", foo: "x" },
      protocol_fields: {
        "ep.level": "3",
        "ep.fatal": "1",
        "epn.transaction_id": "7",
        "epn.foo": "2",
        "ep.visible": "maybe",
        _ee: "1",
      },
    }),
  );
  assert.deepEqual(list, [
    text("fatal", "1"),
    text("foo", "x"),
    number("foo", 2),
    text("level", "3"),
    number("transaction_id", 7),
    text("visible", "maybe"),
  ]);
});
