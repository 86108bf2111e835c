import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createLineFile, type LineFileOptions } from "./line-file.ts";

const kilobyte = 1 / 1024;

const open = (t: TestContext, given: Partial<LineFileOptions> = {}) => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-lines-"));
  const file = join(folder, "access.log");
  const said: string[] = [];
  const warn = (sentence: string) => void said.push(sentence);
  const make = () => {
    const made = createLineFile({ file, megabytes: 100, files: 3, warn, ...given });
    t.after(() => made.close());
    return made;
  };
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const read = (name = "access.log") => readFileSync(join(folder, name), "utf8");
  return { lines: make(), make, folder, file, said, read };
};

test("lines are appended in order, in a folder that is made for them", async (t) => {
  const { lines, make, read } = open(t);
  for (let i = 0; i < 1000; i++) lines.write(`${i}\n`);
  await lines.close();
  const again = make();
  again.write("after a restart\n");
  await again.close();
  assert.equal(read(), `${Array.from({ length: 1000 }, (_, i) => `${i}\n`).join("")}after a restart\n`);
});

test("a file that has its size gives way to a new one, and no more than so many are kept", async (t) => {
  const { lines, folder, read } = open(t, { megabytes: kilobyte });
  for (const name of ["a", "b", "c", "d", "e"]) {
    lines.write(`${name.repeat(1100)}\n`);
    await lines.flush();
  }
  assert.deepEqual(readdirSync(folder).sort(), ["access.log", "access.log.1", "access.log.2"]);
  assert.deepEqual([read()[0], read("access.log.1")[0], read("access.log.2")[0]], ["e", "d", "c"]);
});

test("after logrotate has moved the file, lines go to a new one, with its signal or without", async (t) => {
  for (const signals of [true, false]) {
    const { lines, file, read } = open(t);
    lines.write("before\n");
    await lines.flush();
    renameSync(file, `${file}.moved`);
    if (signals) lines.reopen();
    lines.write("after\n");
    await lines.flush();
    assert.equal(read(), "after\n");
    assert.equal(read("access.log.moved"), "before\n");
  }
});

test("two processes that write one file rotate it together and lose nothing", async (t) => {
  const { lines, make, folder, read } = open(t, { megabytes: kilobyte * 16, files: 100 });
  const other = make();
  for (let i = 0; i < 400; i++) {
    lines.write(`one ${i} ${"x".repeat(500)}\n`);
    other.write(`two ${i} ${"x".repeat(500)}\n`);
    await Promise.all([lines.flush(), other.flush()]);
  }
  const text = readdirSync(folder)
    .map((name) => read(name))
    .join("");
  const found = new Set(text.split("\n").map((line) => line.split(" x")[0]));
  for (let i = 0; i < 400; i++) assert.ok(found.has(`one ${i}`) && found.has(`two ${i}`), `line ${i}`);
  assert.ok(readdirSync(folder).length > 5);
});

test("what cannot wait is dropped and counted, and said once", (t) => {
  const { lines, said } = open(t, { mostWaiting: 100 });
  for (let i = 0; i < 50; i++) lines.write("0123456789");
  assert.equal(lines.dropped, 40);
  assert.equal(said.length, 1);
  assert.match(said[0] ?? "", /^accessLog: .*access\.log is written too slowly: 1 lines are lost so far$/);
});

test("a file that cannot be written is said once, and written again when it can be", async (t) => {
  const { lines, file, said, read } = open(t);
  await lines.flush();
  rmSync(file);
  mkdirSync(file);
  lines.write("lost\n");
  await lines.flush();
  lines.write("lost, too\n");
  await lines.flush();
  assert.equal(lines.dropped, 2);
  assert.equal(said.length, 1);
  assert.match(said[0] ?? "", /cannot be written \(EISDIR.*\): see that this user may write there/);
  rmSync(file, { recursive: true });
  lines.write("kept\n");
  await lines.flush();
  assert.equal(read(), "kept\n");
  assert.match(said[1] ?? "", /^accessLog: .*access\.log is written again, 2 lines are lost$/);
  assert.equal(said.length, 2);
});

test("a file that cannot be written is told before the first line", async (t) => {
  const { folder, said } = open(t);
  mkdirSync(join(folder, "taken"));
  const lines = createLineFile({
    file: join(folder, "taken"),
    megabytes: 1,
    files: 3,
    warn: (sentence) => void said.push(sentence),
  });
  await lines.close();
  assert.match(said.join(), /taken cannot be written \(EISDIR/);
});

test("a line that a full disk has cut does not run into the next one", async (t) => {
  const { lines, file, read } = open(t);
  await lines.flush();
  rmSync(file);
  mkdirSync(file);
  lines.write("lost\n");
  await lines.flush();
  rmSync(file, { recursive: true });
  writeFileSync(file, "half a li");
  lines.write("whole\n");
  await lines.flush();
  assert.equal(read(), "half a li\nwhole\n");
});

test("the lock of a process that died is taken away", async (t) => {
  const { lines, file, folder, read } = open(t, { megabytes: kilobyte });
  writeFileSync(file, "x".repeat(2000));
  writeFileSync(`${file}.lock`, "");
  lines.write("grows meanwhile\n");
  await lines.flush();
  assert.equal(read().length, 2000 + "grows meanwhile\n".length);
  const { utimes } = await import("node:fs/promises");
  await utimes(`${file}.lock`, new Date(0), new Date(0));
  lines.write("finds it old\n");
  await lines.flush();
  lines.write("new file\n");
  await lines.flush();
  assert.equal(read(), "new file\n");
  assert.ok(!readdirSync(folder).includes("access.log.lock"));
});
