#!/usr/bin/env node
// Starts Turnpike on Node 24 or later, whatever Node this is: the same process where it is recent enough, else the
// Node that npm installed beside us, else the one that TURNPIKE_NODE names. Plain JavaScript as Node 18 reads it.
//
// `turnpike` is a link to this file: Node before 20.10 takes no module for a program without `.js` in its name.
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import module, { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const wanted = 24;
const self = fileURLToPath(import.meta.url);
const require = createRequire(import.meta.url);

const main = async () => {
  if (!packageFolder("zod")) {
    return fail(`turnpike: its packages are not installed: run \`npm install\` in ${dirname(self)}`);
  }
  if (major(process.versions.node) >= wanted) {
    if (serves && !hasHeapFlag()) restart();
    module.enableCompileCache?.(); // compiled once, read at later starts
    await import("./gateway/main.ts");
    return;
  }
  const node = findNode();
  if (node) runWith(node);
  else {
    fail(
      `turnpike: needs Node ${wanted} or later, this is ${process.versions.node}: run \`npm install --include=optional\` in ${dirname(self)}, which brings one, or set TURNPIKE_NODE to its path`,
    );
  }
};

const serves = process.argv[2] === "start";

// The space of new objects may grow to 128 MB in every thread, which then stay the process's: most of what a gateway with
// thousands of websockets had of the system. With 16 MB, Node's own figure for years, it is 32.
const heapFlag = "--max-semi-space-size=16";

const hasHeapFlag = () =>
  [...process.execArgv, process.env.NODE_OPTIONS ?? ""].some((flag) => flag.includes("semi-space-size"));

/** The same process from the start, with the flag: it only counts there. Where that cannot be, it goes on as it is. */
const restart = () => {
  // What a process before us handed down, its sockets, would be lost; it has given its own flags to us.
  if (process.send || !process.execve) return;
  const { execPath, execArgv, argv, env } = process;
  try {
    process.execve(execPath, [execPath, heapFlag, ...execArgv, ...argv.slice(1)], env);
  } catch {
    // Not on this system.
  }
};

/** Where a package lies, beside us or further up; null if it is not installed. */
const packageFolder = (name) => {
  try {
    return dirname(require.resolve(`${name}/package.json`));
  } catch {
    return null;
  }
};

/** The path of a recent Node: of the package `node`, or as TURNPIKE_NODE says. */
const findNode = () => {
  const folder = packageFolder("node");
  const candidates = [folder && join(folder, "bin", "node"), process.env.TURNPIKE_NODE];
  return candidates.find((path) => path && existsSync(path) && isRecent(path));
};

// One that is too old would start us again, and we it, for ever.
const isRecent = (path) => {
  const { stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
  return major((stdout || "").replace("v", "")) >= wanted;
};

const major = (version) => Number.parseInt(version, 10);

/** Runs this file with that Node, and ends as it ends. */
const runWith = (node) => {
  const flags = serves && !hasHeapFlag() ? [heapFlag] : [];
  const child = spawn(node, [...flags, self, ...process.argv.slice(2)], { stdio: "inherit" });
  const isTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2"]) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to both of us; a second one would tell the gateway to stop at once.
      if (signal !== "SIGINT" || !isTerminal) child.kill(signal);
    });
  }
  child.on("error", (error) => fail(`turnpike: ${node} cannot be run: ${error.message}`));
  child.on("exit", (code, signal) => {
    if (signal) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else process.exit(code ?? 1);
  });
};

const fail = (sentence) => {
  console.error(sentence);
  process.exitCode = 1;
};

await main();
