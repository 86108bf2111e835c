import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { unpackLz4 } from "./lz4-block.ts";
import { packLz4 } from "./test-lz4.ts";

/** Made by the lz4 program, of which only the block was kept. */
const block = Buffer.from(
  "ff2d7b22656e616d65223a22436c69636b222c22437573746f6d223a22546f70222c22706172616d73223a7b22666972737474657874223a224275792062040017ff23227d2c22766964223a2231346662303836302d623462662d313165392d383937312d376238303433353331356163222c22732d001350356163227d",
  "hex",
);
const visitor = "14fb0860-b4bf-11e9-8971-7b80435315ac";
const text = `{"ename":"Click","Custom":"Top","params":{"firsttext":"Buy${" buy".repeat(11)}"},"vid":"${visitor}","sid":"${visitor}"}`;

test("a block of the lz4 program is unpacked", () => {
  assert.equal(unpackLz4(block, 1000)?.toString(), text);
});

test("a block with its size before it is the same", () => {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(text.length);
  assert.equal(unpackLz4(Buffer.concat([size, block]), 1000)?.toString(), text);
});

test("the limit is on what comes out", () => {
  assert.equal(unpackLz4(block, text.length)?.length, text.length);
  assert.equal(unpackLz4(block, text.length - 1), null);
});

test("a few bytes that stand for a gigabyte are refused before anything is allocated", () => {
  const bomb = Buffer.concat([
    Buffer.from([0x1f, 0x61, 1, 0]),
    Buffer.alloc(4_000_000, 255),
    Buffer.from([0, 0]),
  ]);
  const before = process.memoryUsage().arrayBuffers;
  assert.equal(unpackLz4(bomb, 65_536), null);
  assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000);
});

const broken: readonly (readonly [what: string, bytes: readonly number[]])[] = [
  ["nothing at all", []],
  ["literals that are not there", [0x50, 0x61]],
  ["a long length without an end", [0xf0, 255, 255]],
  ["half an offset", [0x10, 0x61, 1]],
  ["an offset of zero", [0x10, 0x61, 0, 0, 0x10, 0x61]],
  ["a match before the beginning", [0x10, 0x61, 2, 0, 0x10, 0x61]],
  ["an end after a match", [0x10, 0x61, 1, 0]],
];

describe("what is no block is refused", () => {
  for (const [what, bytes] of broken) {
    test(what, () => assert.equal(unpackLz4(Buffer.from(bytes), 1000), null));
  }
});

test("whatever is packed comes back, and any bytes are unpacked within the limit or refused", () => {
  const words = fc.array(fc.constantFrom("buy", "abc", " ", "zzzzzzzz", "x"), { maxLength: 200 });
  fc.assert(
    fc.property(words, (list) => {
      const plain = Buffer.from(list.join(""));
      assert.deepEqual(unpackLz4(packLz4(plain), 10_000), plain);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const unpacked = unpackLz4(Buffer.from(bytes), 500);
      assert.ok(unpacked === null || unpacked.length <= 500);
    }),
  );
});
