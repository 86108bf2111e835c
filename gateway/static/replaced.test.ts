import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { brotliDecompressSync } from "node:zlib";
import { createStatic } from "./static.ts";
import { askHandler, bytesOf, makeFolder } from "./test-folder.ts";

const { dir, write } = makeFolder({ "index.html": "<p>home</p>" });

/** The only character that a text consists of. */
const onlyCharacter = (text: string): string => {
  const [first = ""] = text;
  assert.equal(text, first.repeat(text.length));
  return first;
};

for (const [what, length] of [
  ["small", 3000],
  ["large", 200_000],
] as const) {
  test(`while a ${what} file is replaced again and again, every answer is one version, and each tag stands for one`, async () => {
    let now = 0;
    const handle = createStatic({ dir }, { clock: () => now });
    const name = `${what}.txt`;
    const seen = new Map<string, string>();
    const look = async (encoding: string): Promise<void> => {
      const answer = await askHandler(handle, `GET /${name}\nAccept-Encoding: ${encoding}`);
      if (answer.status === 503) return; // it was replaced three times meanwhile
      assert.equal(answer.status, 200);
      const coded = answer.headers.get("content-encoding") === "br";
      const text = coded ? brotliDecompressSync(bytesOf(answer)).toString() : answer.body;
      const version = `${onlyCharacter(text)} ${text.length}`;
      const tag = answer.headers.get("etag") ?? "";
      assert.equal(seen.get(tag) ?? version, version, tag);
      seen.set(tag, version);
    };
    write(name, "@".repeat(length));
    for (let version = 0; version < 40; version++) {
      now += 100;
      write("next", String.fromCharCode(65 + (version % 26)).repeat(length + version));
      const looks = ["identity", "br", "identity", "br"].map(look);
      renameSync(join(dir, "next"), join(dir, name));
      await Promise.all(looks);
    }
    assert.ok(seen.size >= 20, `${seen.size} tags`);
  });
}
