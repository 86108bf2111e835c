import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readJson } from "./read-json.ts";

const wrong: readonly (readonly [text: string, line: number, column: number, message: RegExp])[] = [
  ["", 1, 1, /expected a value, found the end of the file/],
  ['{\n  "a": 1,\n}', 2, 9, /nothing follows this comma/],
  ['{"a": [1, 2,]}', 1, 12, /nothing follows this comma/],
  ['{\n  "a": 1\n  "b": 2\n}', 3, 3, /expected `,` or `}`, found `"`/],
  ['{"a" 1}', 1, 6, /expected `:` after the key `a`/],
  ["{a: 1}", 1, 2, /expected a key in double quotes/],
  ["{'a': 1}", 1, 2, /expected a key in double quotes/],
  ["{\"a\": 'x'}", 1, 7, /stands in double quotes/],
  ['{"a": yes}', 1, 7, /found `yes`/],
  ['{"a": 1 /* one\n}', 1, 9, /this comment has no end/],
  ["[1/* */2]", 1, 8, /expected `,` or `]`/],
  ["{} /", 1, 4, /expected the end of the file/],
  ['{"a": "x\n"}', 1, 7, /no closing quote/],
  ['{"a": "\\x"}', 1, 7, /no closing quote/],
  ['{"a": 1, "a": 2}', 1, 10, /`a` comes twice/],
  ['{"a": {"b": 1}', 1, 15, /found the end of the file/],
  ["{} {}", 1, 4, /expected the end of the file/],
  ["[01]", 1, 3, /expected `,` or `]`/],
  [`${"[".repeat(5000)}`, 1, 102, /levels deep/],
];
for (const [text, line, column, message] of wrong) {
  test(`a mistake in ${JSON.stringify(text.slice(0, 30))} is placed at ${line}:${column}`, () => {
    const result = readJson(text);
    assert.equal(result.kind, "wrong");
    if (result.kind !== "wrong") return;
    assert.deepEqual([result.line, result.column], [line, column]);
    assert.match(result.message, message);
  });
}

test("what JSON.stringify writes is read back, with and without a byte order mark", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.boolean(), (value, mark) => {
      const text = (mark ? "\uFEFF" : "") + JSON.stringify(value, null, 2);
      assert.deepEqual(readJson(text), { kind: "ok", value: JSON.parse(JSON.stringify(value)) });
    }),
  );
});

test("comments may stand wherever white space may, and what looks like one in a text is none", () => {
  const text = `// the first line
/* a
   block */ { // behind a brace
  "url": "http://x/*", /* between */ "list" /**/ : [ 1, // one
    /* two */ 2 ]
} // the last`;
  assert.deepEqual(readJson(text), { kind: "ok", value: { url: "http://x/*", list: [1, 2] } });
});

test("any text is read or refused as JSON.parse does, but for keys that come twice", () => {
  const token = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"a"',
    '"b"',
    "1",
    "-2.5e3",
    "true",
    "nul",
    " ",
    "\n",
  );
  fc.assert(
    fc.property(fc.array(token, { maxLength: 9 }), (tokens) => {
      const text = tokens.join("");
      const result = readJson(text);
      if (result.kind === "wrong" && result.message.includes("comes twice")) return;
      let plain: unknown = "refused";
      try {
        plain = { value: JSON.parse(text) as unknown };
      } catch {
        // refused
      }
      assert.deepEqual(result.kind === "ok" ? { value: result.value } : "refused", plain);
    }),
  );
});
