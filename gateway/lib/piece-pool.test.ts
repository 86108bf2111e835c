import assert from "node:assert/strict";
import { test } from "node:test";
import { createPiecePool } from "./piece-pool.ts";

const wholeOf = ({ bytes }: { readonly bytes: Buffer }): ArrayBufferLike => bytes.buffer;

test("a piece that was given back is used again, and no other", () => {
  const pool = createPiecePool({ bytes: 65_536, most: 4 });
  const [kept, given] = [pool.take(65_536), pool.take(60_000)];
  given.release();
  const next = pool.take(50_000);
  assert.equal(next.bytes.length, 50_000);
  assert.equal(wholeOf(next), wholeOf(given));
  assert.notEqual(wholeOf(next), wholeOf(kept));
});

test("a piece that is given back twice is one piece", () => {
  const pool = createPiecePool({ bytes: 65_536, most: 4 });
  const piece = pool.take(65_536);
  piece.release();
  piece.release();
  assert.notEqual(wholeOf(pool.take(65_536)), wholeOf(pool.take(65_536)));
});

test("no more lie ready than may", () => {
  const pool = createPiecePool({ bytes: 65_536, most: 1 });
  const before = [pool.take(65_536), pool.take(65_536)];
  for (const piece of before) piece.release();
  const again = [pool.take(65_536), pool.take(65_536)].map(wholeOf);
  assert.equal(again.filter((buffer) => before.map(wholeOf).includes(buffer)).length, 1);
});

test("short pieces and longer ones than a buffer have their own", () => {
  const pool = createPiecePool({ bytes: 65_536, most: 4 });
  assert.equal(pool.take(10).bytes.length, 10);
  assert.equal(pool.take(100_000).bytes.length, 100_000);
});
