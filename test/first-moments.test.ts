import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { root } from "./gateway.ts";
import { waitFor } from "./wait-for.ts";

interface Starting {
  readonly child: ChildProcess;
  readonly data: string;
  output(): string;
  readonly ended: Promise<number | NodeJS.Signals | null>;
  /** Resolves when it waits for its plugin, far from serving. */
  half(): Promise<unknown>;
  goOn(): void;
}

/** A gateway whose start waits in the middle until it is told to go on. */
const starting = (t: TestContext, settings: object = {}): Starting => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-moments-"));
  const [begun, mayGoOn] = [join(folder, "begun"), join(folder, "go-on")];
  writeFileSync(
    join(folder, "slow.mjs"),
    `import { existsSync, writeFileSync } from "node:fs";
    writeFileSync(${JSON.stringify(begun)}, "");
    while (!existsSync(${JSON.stringify(mayGoOn)})) await new Promise((resolve) => setTimeout(resolve, 10));
    export const createSink = ({ id }) => ({ id, async write() {} });`,
  );
  const config = join(folder, "config.json");
  const listen = { http: "127.0.0.1:0", admin: "127.0.0.1:0" };
  const sinks = [{ id: "slow", type: "slow" }];
  writeFileSync(config, JSON.stringify({ listen, plugins: ["./slow.mjs"], sinks, ...settings }));
  const data = join(folder, "data");
  const args = [join(root, "gateway/main.ts"), "start", "--config", config, "--data", data];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (part: Buffer) => {
      output += part.toString();
    });
  }
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
    child.once("close", (code, signal) => resolve(signal ?? code)),
  );
  t.after(async () => {
    child.kill("SIGKILL");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    child,
    data,
    output: () => output,
    ended,
    half: () => waitFor(() => existsSync(begun), "the start to come half way"),
    goOn: () => writeFileSync(mayGoOn, ""),
  };
};

test("signals for one that serves do not end one that starts, nor open a debugger in it", async (t) => {
  const { child, half, goOn, output, ended } = starting(t);
  await half();
  for (const signal of ["SIGHUP", "SIGUSR1", "SIGUSR2"] as const) child.kill(signal);
  goOn();
  await waitFor(() => output().includes('"listening"'), "the gateway to serve");
  child.kill("SIGTERM");
  assert.equal(await ended, 0);
  assert.doesNotMatch(output(), /[Dd]ebugger/);
});

test("a stop in the middle of a start ends it in order, and leaves the folder to the next", async (t) => {
  const { child, half, goOn, ended, data } = starting(t);
  await half();
  child.kill("SIGTERM");
  goOn();
  assert.equal(await ended, 0);
  assert.ok(!readdirSync(data).includes("owner.json"));
});

test("a stop that goes to all processes at once is a stop, also while workers load", async (t) => {
  const { child, half, goOn, ended, output } = starting(t, { workers: 2 });
  await half();
  child.kill("SIGTERM");
  goOn();
  const children = `/proc/${child.pid}/task/${child.pid}/children`;
  const workers = (): readonly string[] =>
    existsSync(children) ? readFileSync(children, "utf8").split(" ").filter(Boolean) : [];
  await waitFor(() => workers().length > 0 || child.exitCode !== null, "a worker");
  for (const pid of workers()) process.kill(Number(pid), "SIGTERM");
  assert.equal(await ended, 0, output());
});
