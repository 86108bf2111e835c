import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, test } from "node:test";

const checkout = resolve(import.meta.dirname, "../..");

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "turnpike-launcher-"));
  copyFileSync(join(checkout, "turnpike.js"), join(root, "turnpike.js"));
  symlinkSync("turnpike.js", join(root, "turnpike"));
  writeFileSync(join(root, "package.json"), '{"type":"module"}');
  mkdirSync(join(root, "gateway"));
  mkdirSync(join(root, "node_modules"));
});
afterEach(() => rmSync(root, { recursive: true }));

const install = (name: string): void => {
  mkdirSync(join(root, "node_modules", name));
  writeFileSync(join(root, "node_modules", name, "package.json"), "{}");
};

const installNode = (): void => {
  install("node");
  mkdirSync(join(root, "node_modules/node/bin"));
  symlinkSync(process.execPath, join(root, "node_modules/node/bin/node"));
};

const writeMain = (source: string): void => writeFileSync(join(root, "gateway/main.ts"), source);

/** This very Node, which the launcher is told is an older one. */
const olderNode = [
  process.execPath,
  "--import",
  "data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'18.20.0'}})",
];

const launch = (node: readonly string[], argv: readonly string[], env: Record<string, string> = {}) => {
  const [command = "", ...before] = node;
  const child = spawn(command, [...before, join(root, "turnpike"), ...argv], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: dirname(process.execPath), TMPDIR: root, ...env },
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  const ended = once(child, "close").then(([code, signal]) => ({ code, signal, out, err }));
  return { child, ended };
};

const tellMain = "const argv: string[] = process.argv.slice(2); console.log(process.pid, ...argv);";

test("a recent Node runs the program in its own process, with the arguments", async () => {
  install("zod");
  writeMain(tellMain);
  const { child, ended } = launch([process.execPath], ["start", "--dev"]);
  assert.equal((await ended).out, `${child.pid} start --dev\n`);
});

test("what serves has a bound on the space of new objects, unless somebody has set one; commands do not care", async () => {
  install("zod");
  installNode();
  writeMain("console.log(process.pid, ...process.execArgv);");
  const flag = "--max-semi-space-size=16";
  const first = launch([process.execPath], ["start"]);
  assert.equal((await first.ended).out, `${first.child.pid} ${flag}\n`);
  const own = launch([process.execPath, "--max-semi-space-size=2"], ["start"]);
  assert.equal((await own.ended).out, `${own.child.pid} --max-semi-space-size=2\n`);
  assert.match((await launch([process.execPath], ["check"]).ended).out, /^\d+\n$/);
  assert.match((await launch(olderNode, ["start"]).ended).out, /^\d+ --max-semi-space-size=16\n$/);
});

test("an older Node hands over to the one that is installed, and passes its exit code on", async () => {
  install("zod");
  installNode();
  writeMain(`${tellMain} process.exitCode = 2;`);
  const { child, ended } = launch(olderNode, ["check", "a b"]);
  const { code, out } = await ended;
  assert.equal(code, 2);
  assert.match(out, /^\d+ check a b\n$/);
  assert.notEqual(Number.parseInt(out, 10), child.pid);
});

test("an older Node takes the one that TURNPIKE_NODE names where none is installed", async () => {
  install("zod");
  writeMain(tellMain);
  const { ended } = launch(olderNode, ["x"], { TURNPIKE_NODE: process.execPath });
  assert.match((await ended).out, /^\d+ x\n$/);
});

test("an older Node alone is one sentence that says what to run", async () => {
  install("zod");
  const { code, out, err } = await launch(olderNode, []).ended;
  assert.deepEqual([code, out], [1, ""]);
  assert.match(
    err,
    /^turnpike: needs Node 24 or later, this is 18\.20\.0: run `npm install .*TURNPIKE_NODE.*\n$/,
  );
});

test("a TURNPIKE_NODE that cannot be run is no way out, and no endless one", async () => {
  install("zod");
  const { code, err } = await launch(olderNode, [], { TURNPIKE_NODE: join(root, "package.json") }).ended;
  assert.equal(code, 1);
  assert.match(err, /^turnpike: needs Node 24/);
});

test("packages that are not installed are one sentence that says so", async () => {
  const { code, err } = await launch([process.execPath], []).ended;
  assert.equal(code, 1);
  assert.match(err, /^turnpike: its packages are not installed: run `npm install` in .*\n$/);
});

test("a signal reaches the program behind an older Node, which ends as the program does", async () => {
  install("zod");
  installNode();
  writeMain(`
    const alive = setInterval(() => {}, 1000);
    process.on("SIGTERM", () => { clearInterval(alive); console.log("stopping"); process.exitCode = 5; });
    console.log("ready");`);
  const { child, ended } = launch(olderNode, []);
  child.stdout.on("data", (text: string) => {
    if (text.includes("ready")) child.kill("SIGTERM");
  });
  const { code, out } = await ended;
  assert.deepEqual([code, out], [5, "ready\nstopping\n"]);
});

test("a program that a signal killed is told by the same signal", async () => {
  install("zod");
  installNode();
  writeMain('process.kill(process.pid, "SIGKILL");');
  const { signal } = await launch(olderNode, []).ended;
  assert.equal(signal, "SIGKILL");
});
