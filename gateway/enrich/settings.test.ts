import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { enrichSiteFields } from "./settings.ts";

const schema = z.strictObject(enrichSiteFields);

/** Where something is wrong, and what. */
const mistakesIn = (settings: unknown): readonly string[] => {
  const { error } = schema.safeParse(settings);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
};

test("patterns of channels are tried when settings are read", () => {
  const rule = (source: string) => ({ channels: [{ channel: "x", source }] });
  assert.deepEqual(mistakesIn(rule(".*\\.partner\\.example")), []);
  assert.deepEqual(mistakesIn(rule("(")), ["channels.0.source: expected a regular expression"]);
  assert.deepEqual(mistakesIn(rule("(a+)+")), [
    "channels.0.source: repeats a repetition or a choice, which can take for ever",
  ]);
});

test("a referrer to ignore is a host, in either case", () => {
  const read = schema.parse({ ignoredReferrers: ["Pay.Example", "*.Partner.example"] });
  assert.deepEqual(read.ignoredReferrers, ["pay.example", "*.partner.example"]);
  for (const wrong of [
    "https://pay.example",
    "pay.example/checkout",
    "pay.example:443",
    "zahlen.böse",
    "*",
    "",
  ])
    assert.match(mistakesIn({ ignoredReferrers: [wrong] })[0] ?? "", /^ignoredReferrers\.0: expected a host/);
});

test("a filter may not ask about what is no column", () => {
  const filters = {
    fields: ["ip_address", "event_name"],
    conditions: [{ name: "f", type: "exclude", expression: 'event_name == "x"' }],
  };
  assert.deepEqual(mistakesIn({ filters }), [
    "filters.fields.1: expected a column of the event",
    "filters.conditions.0.expression: there is no column event_name, did you mean name? at character 1",
  ]);
});
