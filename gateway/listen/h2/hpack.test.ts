import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HpackError, HpackReader } from "./hpack-reader.ts";
import { remembersNothing, writeField, writeStatus } from "./hpack-writer.ts";
import { decodeHuffman } from "./huffman.ts";

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(" ", ""), "hex");
const plenty = 65_536;

test("texts in Huffman's code (RFC 7541 §C.4, §C.6)", () => {
  const cases: readonly [hex: string, text: string | null][] = [
    ["f1e3 c2e5 f23a 6ba0 ab90 f4ff", "www.example.com"],
    ["a8eb 1064 9cbf", "no-cache"],
    ["25a8 49e9 5ba9 7d7f", "custom-key"],
    ["25a8 49e9 5bb8 e8b4 bf", "custom-value"],
    ["6402", "302"],
    ["aec3 771a 4b", "private"],
    ["d07a be94 1054 d444 a820 0595 040b 8166 e082 a62d 1bff", "Mon, 21 Oct 2013 20:13:21 GMT"],
    ["9d29 ad17 1863 c78f 0b97 c8e9 ae82 ae43 d3", "https://www.example.com"],
    [
      "94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07",
      "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
    ],
    ["", ""],
    ["07", "0"],
    ["00", null], // padding of zeros (§5.2)
    ["1fff", null], // more than seven bits of padding: "a", then eleven ones
    ["ffffffff", null], // the sign for the end
    ["ffffffffff", null],
  ];
  for (const [hex, text] of cases) {
    const code = bytes(hex);
    assert.equal(decodeHuffman(code, 0, code.length), text, hex);
  }
});

test("requests of one connection, each by what was remembered of those before (RFC 7541 §C.4)", () => {
  const reader = new HpackReader();
  const first = [":method", "GET", ":scheme", "http", ":path", "/", ":authority", "www.example.com"];
  const read = (hex: string) => reader.read(bytes(hex), plenty).fields;
  assert.deepEqual(read("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff"), first);
  assert.deepEqual(read("8286 84be 5886 a8eb 1064 9cbf"), [...first, "cache-control", "no-cache"]);
  assert.deepEqual(read("8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf"), [
    ...[":method", "GET", ":scheme", "https", ":path", "/index.html"],
    ...[":authority", "www.example.com", "custom-key", "custom-value"],
  ]);
});

test("a table that is too small forgets the oldest (RFC 7541 §C.6, in a table of 256 bytes)", () => {
  const reader = new HpackReader();
  const read = (hex: string) => reader.read(bytes(hex), plenty).fields;
  const date = "Mon, 21 Oct 2013 20:13:21 GMT";
  const place = "https://www.example.com";
  assert.deepEqual(
    read(
      "3fe1 01 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
    ),
    [":status", "302", "cache-control", "private", "date", date, "location", place],
  );
  assert.deepEqual(read("4883 640e ffc1 c0bf"), [
    ...[":status", "307", "cache-control", "private", "date", date, "location", place],
  ]);
  assert.deepEqual(read("c0"), ["date", date]);
  assert.throws(() => read("c2"), HpackError); // the first status was forgotten
  assert.deepEqual(read("20 c0".slice(0, 2)), []); // a table of nothing
  assert.throws(() => read("be"), HpackError);
});

test("a block that cannot be read is refused (RFC 7541 §2.3.3, §4.2, §5.1, §5.2)", () => {
  const blocks = [
    "80",
    "be",
    "3fe1ff3f",
    "8220",
    "ff",
    "ffffffffffffff",
    "007f61",
    "00810161",
    "0001",
    "40016181ff",
  ];
  for (const hex of blocks) assert.throws(() => new HpackReader().read(bytes(hex), plenty), HpackError, hex);
});

test("fields beyond the limit are left out, and remembered all the same", () => {
  const reader = new HpackReader();
  const block = Buffer.from(`\x40\x01a\x0a0123456789\x40\x01b\x01x`, "latin1");
  assert.deepEqual(reader.read(block, 43), { fields: ["a", "0123456789"], isCut: true });
  assert.deepEqual(reader.read(block, 42), { fields: [], isCut: true });
  assert.deepEqual(reader.read(Buffer.from([0xbe]), 100), { fields: ["b", "x"], isCut: false });
});

test("what is written is read", () => {
  const name = fc.stringMatching(/^[!-9;-@[-~]{1,300}$/);
  const value = fc.stringMatching(/^[\x20-\xff]{0,300}$/);
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 599 }), fc.array(fc.tuple(name, value)), (status, fields) => {
      let block = remembersNothing + writeStatus(status);
      for (const field of fields) block += writeField(...field);
      const { fields: read } = new HpackReader().read(Buffer.from(block, "latin1"), 1_000_000);
      assert.deepEqual(read, [":status", String(status), ...fields.flat()]);
    }),
  );
});
