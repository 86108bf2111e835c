import assert from "node:assert/strict";
import { test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { createCompressor, madeCodingOf, madeMark } from "./compress.ts";

const text = Buffer.from("a page of words ".repeat(500));

test("what was compressed is what it was", async () => {
  const compressor = createCompressor();
  assert.deepEqual(brotliDecompressSync((await compressor.run("br", text)) ?? ""), text);
  assert.deepEqual(gunzipSync((await compressor.run("gzip", text)) ?? ""), text);
});

test("where too many wait, more are told to go on without; all others are done", async () => {
  const compressor = createCompressor();
  const runs = Array.from({ length: 100 }, () => compressor.run("gzip", text));
  const done = await Promise.all(runs);
  assert.equal(done.filter((packed) => packed === null).length, 100 - 66);
  assert.notEqual(await compressor.run("gzip", text), null, "and afterwards there is room again");
});

test("only what can be made here is made, and its mark says by what", () => {
  assert.equal(madeCodingOf(["zstd", "gzip", "br"]), "gzip");
  assert.equal(madeCodingOf(["zstd"]), undefined);
  assert.match(madeMark.br, /^br\.[\w-]{4}$/);
  assert.notEqual(madeMark.br, madeMark.gzip);
});
