import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import {
  existsSync,
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
import { takeOwnership } from "../gateway/store/owner.ts";
import { ask } from "./ask.ts";
import { root } from "./gateway.ts";
import { waitFor } from "./wait-for.ts";

interface Starting {
  readonly child: ChildProcess;
  readonly data: string;
  output(): string;
  readonly ended: Promise<number | NodeJS.Signals | null>;
  /** Resolves when the one that starts waits for its plugin: it has the folder, and is far from serving. */
  half(): Promise<unknown>;
  /** `fail`: its plugin throws. */
  goOn(how?: "fail"): void;
  /** The next one that starts waits as well. */
  wait(): void;
}

/** A gateway whose start waits in the middle until it is told to go on. */
const starting = (t: TestContext, settings: object = {}): Starting => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-moments-"));
  const [begun, mayGoOn] = [join(folder, "begun"), join(folder, "go-on")];
  writeFileSync(
    join(folder, "slow.mjs"),
    `import { existsSync, readFileSync, writeFileSync } from "node:fs";
    writeFileSync(${JSON.stringify(begun)}, "");
    while (!existsSync(${JSON.stringify(mayGoOn)})) await new Promise((resolve) => setTimeout(resolve, 10));
    if (readFileSync(${JSON.stringify(mayGoOn)}, "utf8") === "fail") throw new Error("it fails");
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
    goOn(how) {
      writeFileSync(`${mayGoOn}.new`, how ?? "");
      renameSync(`${mayGoOn}.new`, mayGoOn); // it may be read as soon as it is there
    },
    wait() {
      for (const file of [mayGoOn, begun]) rmSync(file, { force: true });
    },
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

/**
 * A gateway whose restart has failed after the new process had the folder, and which found it taken by a command before it
 * could take it back.
 */
const robbed = async (t: TestContext) => {
  const gateway = starting(t);
  const { child, half, goOn, wait, output, data } = gateway;
  await half();
  goOn();
  await waitFor(() => output().includes('"listening"'), "the gateway to serve");
  wait();
  child.kill("SIGUSR2");
  await half();
  child.kill("SIGSTOP"); // it hears of the failure when somebody else has the folder
  goOn("fail");
  const command = await takeOwnership(data, 30_000);
  command.announce("127.0.0.1:9");
  child.kill("SIGCONT");
  await waitFor(
    () => output().includes("events wait until it is free"),
    "the folder to be found taken",
  ).catch((e) => {
    throw new Error(output(), { cause: e });
  });
  const { site } = JSON.parse(
    output()
      .split("\n")
      .find((line) => line.includes('"listening"')) ?? "",
  ) as { site: string };
  return { ...gateway, command, site };
};

test("after a restart that failed, events wait for a folder that somebody else was faster to take", async (t) => {
  const { child, command, site, ended, output } = await robbed(t);
  const answer = ask(`${site}/tr/v1/?ename=kept`);
  command.release();
  assert.equal((await answer).status, 200);
  await waitFor(() => output().includes("the sinks stand still"), "what keeps the sinks from starting");
  child.kill("SIGTERM");
  assert.equal(await ended, 0);
});

test("and a stop meanwhile acknowledges none of them, and ends", async (t) => {
  const { child, command, site, ended } = await robbed(t);
  // Where it has not been read yet, its connection is cut.
  const answer = ask(`${site}/tr/v1/?ename=kept`).then(
    ({ status }) => status,
    () => 503,
  );
  child.kill("SIGTERM");
  assert.equal(await answer, 503);
  assert.equal(await ended, 0);
  command.release();
});
