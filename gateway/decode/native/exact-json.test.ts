import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseExact } from "./exact-json.ts";

const read: readonly [text: string, value: unknown][] = [
  ["12345678901234567890", "12345678901234567890"],
  ['{"a":-12345678901234567890}', { a: "-12345678901234567890" }],
  ["[9007199254740991, 9007199254740993 ]", [9007199254740991, "9007199254740993"]],
  ["[1e0000000000000001,2E-0000000000000000,0.1234567890123456789]", [10, 2, 0.12345678901234568]],
  ['{"a":1.2345678901234567,"b":12345678901234567e2}', { a: 1.2345678901234567, b: 1234567890123456800 }],
  [
    '{"a":"b: 12345678901234567890, ","c\\"":12345678901234567890}',
    { a: "b: 12345678901234567890, ", 'c"': "12345678901234567890" },
  ],
  [
    '{"a\\\\":12345678901234567890,"12345678901234567890":1}',
    JSON.parse('{"a\\\\":"12345678901234567890","12345678901234567890":1}'),
  ],
];

for (const [text, value] of read) {
  test(`${text} loses no digit`, () => assert.deepEqual(parseExact(text), value));
}

test("a long number is found wherever it stands", () => {
  for (let before = 0; before < 40; before++) {
    const room = " ".repeat(before);
    assert.deepEqual(parseExact(`${room}[9007199254740993]`), ["9007199254740993"], `behind ${before}`);
    assert.deepEqual(parseExact(`${room}[900719925474099,1]`), [900_719_925_474_099, 1], `behind ${before}`);
  }
});

test("whatever has no such number is what it is as JSON", () => {
  const digits = fc.bigInt({ min: 0n, max: 9_007_199_254_740_991n }).map(Number);
  const leaf = fc.oneof(digits, fc.double({ min: -1e15, max: 1e15, noNaN: true }), fc.string());
  const value = fc.anything({ values: [leaf], maxDepth: 3 });
  fc.assert(
    fc.property(value, fc.boolean(), (any, pretty) => {
      const text = JSON.stringify([any, 1_234_567_890_123_456], null, pretty ? 2 : 0);
      assert.deepEqual(parseExact(text), JSON.parse(text));
    }),
  );
});

test("what is no JSON is refused as JSON.parse refuses it", () => {
  for (const text of ['{"a":1234567890123456789', "01234567890123456789", '"\\"1234567890123456789'])
    assert.throws(() => parseExact(text), SyntaxError);
});

test("lists nested 200,000 deep and strings of millions of escapes do not overflow the stack", () => {
  const deep = `${"[".repeat(200_000)}12345678901234567890${"]".repeat(200_000)}`;
  assert.doesNotThrow(() => parseExact(deep));
  const long = '\\"'.repeat(2_000_000);
  assert.deepEqual(parseExact(`["${long}",12345678901234567890]`), [
    '"'.repeat(2_000_000),
    "12345678901234567890",
  ]);
});
