import assert from "node:assert/strict";
import { test } from "node:test";
import { frameParts } from "./multipart.ts";
import { parseRanges } from "./range.ts";

type Expected = readonly (readonly [start: number, end: number])[] | "unsatisfiable" | null;

const check = (field: string, size: number, expected: Expected): void => {
  const ranges = parseRanges(field, size);
  const plain = Array.isArray(ranges) ? ranges.map(({ start, end }) => [start, end]) : ranges;
  assert.deepEqual(plain, expected, `${field.slice(0, 80)} of ${size}`);
};

test("a Range field asks for parts, for the whole, or for what is not there", () => {
  const cases: readonly [field: string, size: number, expected: Expected][] = [
    // RFC 9110 §14.1.2
    ["bytes=0-4", 10, [[0, 4]]],
    ["bytes=0-0", 10, [[0, 0]]],
    ["bytes=5-", 10, [[5, 9]]],
    ["bytes=9-", 10, [[9, 9]]],
    ["bytes=5-100", 10, [[5, 9]]],
    ["bytes=-3", 10, [[7, 9]]],
    ["bytes=-100", 10, [[0, 9]]],
    ["bytes=10-", 10, "unsatisfiable"],
    ["bytes=10-20", 10, "unsatisfiable"],
    ["bytes=-0", 10, "unsatisfiable"],
    ["bytes=0-", 0, "unsatisfiable"],
    ["bytes=-0", 0, "unsatisfiable"],
    ["bytes=-1", 0, null],
    ["Bytes= 0-4 ", 10, [[0, 4]]],
    // §14.2: what is broken or unknown is ignored
    ["bytes=4-0", 10, null],
    ["bytes=-", 10, null],
    ["bytes=", 10, null],
    ["bytes=,", 10, null],
    ["bytes=a-b", 10, null],
    ["bytes=0-4,a", 10, null],
    ["bytes=0-4,6-5", 10, null],
    ["lines=0-4", 10, null],
    ["bytes 0-4", 10, null],
    ["bytes=+0-4", 10, null],
    ["bytes=0x0-4", 10, null],
    ["bytes=0-4-8", 10, null],
    // a last byte past the end is the end, however far (§14.1.2)
    ["bytes=0-99999999999999999999", 10, [[0, 9]]],
    ["bytes=-99999999999999999999", 10, [[0, 9]]],
    [`bytes=2-${"9".repeat(400)}`, 10, [[2, 9]]],
    ["bytes=99999999999999999999-", 10, "unsatisfiable"],
    // §14.1.1: several, in the order asked for
    [
      "bytes=0-1,3-4",
      10,
      [
        [0, 1],
        [3, 4],
      ],
    ],
    [
      "bytes=-1,0-0",
      10,
      [
        [9, 9],
        [0, 0],
      ],
    ],
    [
      "bytes= 0-1 ,, 3-4 ,",
      10,
      [
        [0, 1],
        [3, 4],
      ],
    ],
    ["bytes=0-1,20-30", 10, [[0, 1]]],
    ["bytes=20-30,40-", 10, "unsatisfiable"],
  ];
  for (const [field, size, expected] of cases) check(field, size, expected);
});

test("parts that overlap come as one, where the first of them stood (RFC 9110 §14.2)", () => {
  const cases: readonly [field: string, expected: Expected][] = [
    ["bytes=0-5,3-8", [[0, 8]]],
    ["bytes=0-,0-,0-", [[0, 99]]],
    [
      "bytes=0-1,2-3",
      [
        [0, 1],
        [2, 3],
      ],
    ],
    [
      "bytes=50-60,0-9,5-20",
      [
        [50, 60],
        [0, 20],
      ],
    ],
    [
      "bytes=0-9,20-29,40-49,5-45,90-",
      [
        [0, 49],
        [90, 99],
      ],
    ],
    ["bytes=90-,-20,10-95", [[10, 99]]],
  ];
  for (const [field, expected] of cases) check(field, 100, expected);
});

test("no field makes the answer much larger than the file (RFC 9110 §14.2, §17.15)", () => {
  const many = (count: number, spec: (i: number) => string) =>
    `bytes=${Array.from({ length: count }, (_, i) => spec(i)).join(",")}`;
  check(
    many(33, () => "0-"),
    1000,
    null,
  );
  check(
    many(5000, (i) => `${i}-${i}`),
    100_000,
    null,
  );
  check(
    many(200_000, () => ""),
    1000,
    null,
  );
  const most = parseRanges(
    many(32, (i) => `${i * 2}-${i * 2}`),
    64,
  );
  assert.equal(Array.isArray(most) && most.length, 32);
  for (let seed = 1; seed < 200; seed++) {
    const at = (i: number) => (seed * 7919 * (i + 1)) % 100;
    const parts = parseRanges(
      many(20, (i) => `${at(i)}-${at(i) + (seed % 30)}`),
      100,
    );
    assert.ok(Array.isArray(parts));
    const bytes = parts.reduce((sum, { start, end }) => sum + end - start + 1, 0);
    assert.ok(bytes <= 100, `${bytes} of 100 bytes for seed ${seed}`);
  }
});

test("the frame of several parts says its length, and has a boundary nobody can foresee", () => {
  const parts = [
    { start: 0, end: 1 },
    { start: 5, end: 9 },
  ];
  const { type, length, heads, tail } = frameParts(parts, 10, "text/plain", "xyz");
  assert.equal(type, "multipart/byteranges; boundary=xyz");
  const body = `${heads[0]}01${heads[1]}56789${tail}`;
  assert.equal(
    body,
    "--xyz\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n" +
      "--xyz\r\nContent-Type: text/plain\r\nContent-Range: bytes 5-9/10\r\n\r\n56789\r\n--xyz--\r\n",
  );
  assert.equal(length, body.length);
  assert.notEqual(frameParts(parts, 10, "a/b").type, frameParts(parts, 10, "a/b").type);
  assert.match(frameParts(parts, 10, "a/b").type, /boundary=[\w-]{20}$/);
});
