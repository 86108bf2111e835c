import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { loadConfig } from "../config/load.ts";
import { importOriginal } from "../config/original/import-original.ts";
import { run } from "./run-for-test.ts";

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "turnpike-import-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const old = {
  UseLocalTLS: true,
  ProxyPort: ":8080",
  ProxyUrl: "http://localhost:3030",
  Debug: true,
  Notify: [{ Service: "cassandra", Hosts: ["db"] }],
};

const writeOld = (value: unknown): string => {
  const file = join(folder, "old.json");
  writeFileSync(file, typeof value === "string" ? value : JSON.stringify(value));
  return file;
};

test("the settings go to stdout, and what became of each key to stderr", async () => {
  const { code, out, err } = await run(["import-config", writeOld(old)]);
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(out), importOriginal(old).settings);
  assert.match(err, /Carried over:\n {2}UseLocalTLS .*\n {2}ProxyPort +listen\.http\n/);
  assert.match(err, /Different whatever the file says.*writeKeys.*trustedProxies/s);
  assert.match(err, /Not carried over:\n {2}Debug +what visitors send/);
  assert.match(err, /Notify\[0\]\.Service \(cassandra\) +Turnpike stores events by itself/);
});

test("with --output they go into a file that can be started, and never over one that is there", async () => {
  const output = join(folder, "new.json");
  const { code, out } = await run(["import-config", writeOld(old), "--output", output]);
  assert.equal(code, 0);
  assert.match(out, new RegExp(`${output} is written: turnpike start --config ${output}`));
  assert.equal(loadConfig({ file: output }).kind, "ok");
  const before = readFileSync(output, "utf8");
  const again = await run(["import-config", writeOld({ ...old, Debug: false }), "--output", output]);
  assert.deepEqual([again.code, again.err], [1, `${output} is there already: choose another name\n`]);
  assert.equal(readFileSync(output, "utf8"), before);
});

test("what must still be done is told: files that are not where the new settings look for them", async () => {
  const { code, err } = await run(["import-config", writeOld({ ...old, TLSCert: "a.crt", TLSKey: "a.key" })]);
  assert.equal(code, 0);
  assert.match(err, /what is left to do: .*a\.crt/s);
});

test("what is no such file is refused in a sentence", async () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["{", /line 1, column 2/],
    ['{"listen":{}}', /none of its keys/],
    ["[]", /none of its keys/],
  ];
  for (const [text, expected] of cases) {
    const { code, err } = await run(["import-config", writeOld(text)]);
    assert.equal(code, 1);
    assert.match(err, expected);
  }
  assert.match(
    (await run(["import-config", join(folder, "none.json")])).err,
    /none\.json is not there: name /,
  );
  assert.match((await run(["import-config", folder])).err, /is a folder: name the settings file in it/);
});

test("starting with such a file names the command, which then works as it is written", async () => {
  const file = writeOld(old);
  const { code, err } = await run(["start", "--config", file, "--print-config"]);
  assert.equal(code, 1);
  const command = /`turnpike (import-config [^`]+)`/.exec(err)?.[1] ?? "";
  const output = join(folder, "turnpike.json");
  const argv = command.split(" ").map((word) => (word === "turnpike.json" ? output : word));
  assert.equal((await run(argv)).code, 0);
  assert.ok(existsSync(output));
});
