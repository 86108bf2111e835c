import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { isPassword, parseHash } from "../middleware/password-hash.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));

const run = async (input: string) => {
  const child = spawn(process.execPath, [main, "hash-password"], { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => {}); // it may have enough before all is written
  child.stdin.end(input);
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await exited, out, error };
};

test("hash-password prints the hash of the first line it is given, and never the password", async () => {
  const { code, out, error } = await run("geheim \u00fc\r\nanother line\n");
  const hash = parseHash(out.trimEnd());
  assert.ok(hash);
  assert.equal(await isPassword("geheim \u00fc", hash), true);
  assert.equal(out.includes("geheim") || error.includes("geheim"), false);
  assert.equal(code, 0);
});

test("hash-password wants a password of a length that a person would type", async () => {
  for (const input of ["", "\n", "x".repeat(2000)]) {
    const { code, out, error } = await run(input);
    assert.deepEqual([code, out], [2, ""], `${input.length} characters`);
    assert.match(error, /^turnpike: |hash-password: /);
  }
});
