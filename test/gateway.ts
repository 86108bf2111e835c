/** Starts the real program for a test: its own process, its own data folder, free ports. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "./free-port.ts";

export const root = fileURLToPath(new URL("..", import.meta.url));
export const adminToken = "a-token-for-the-tests-only";

export interface GatewayOptions {
  /** settings, written to a file of the test's own; the shipped config.json where left out */
  readonly config?: object;
  /** the data folder; a temporary one where left out, removed at the end */
  readonly data?: string;
  /** more arguments of `start` */
  readonly args?: readonly string[];
  /** ports of an earlier run, to come back under the same address */
  readonly ports?: Ports;
  /** starts it as operators do, through its launcher: some 30 MB less, and a second start is faster */
  readonly launched?: boolean;
  /** runs the program under another one, e.g. strace */
  readonly under?: readonly string[];
}

export interface Ports {
  readonly http: number;
  /** where the settings ask for TLS; a free one where it is left out */
  readonly https?: number;
  readonly admin: number;
}

export interface Gateway {
  readonly url: string;
  /** empty where the settings ask for no TLS */
  readonly secureUrl: string;
  readonly adminUrl: string;
  readonly data: string;
  readonly ports: Ports;
  readonly pid: number;
  /** the whole lines it has printed so far, on both its outputs */
  output(): string;
  /** asks the admin API with the admin token */
  admin(path: string, init?: RequestInit): Promise<Response>;
  /** ends it as an operator would; resolves with the exit code */
  stop(): Promise<number | null>;
  /** ends it as a power cut would */
  kill(): Promise<void>;
  /** stops it and removes what it left */
  close(): Promise<void>;
}

/** Resolves once it listens; rejects with what it printed when it ends before. */
export const startGateway = async (options: GatewayOptions = {}): Promise<Gateway> => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-test-"));
  const data = options.data ?? join(folder, "data");
  const child = launch(options, folder, data, options.ports ?? (await ownPorts()));
  let output = "";
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  await new Promise<void>((resolve, reject) => {
    const read = (lines: string) => {
      output += lines;
      if (output.includes('"listening"')) resolve();
    };
    child.stdout?.setEncoding("utf8").on("data", byLine(read));
    child.stderr?.setEncoding("utf8").on("data", byLine(read));
    void exited.then((code) => {
      rmSync(folder, { recursive: true, force: true });
      reject(new Error(`the gateway ended with ${code}: ${output}`));
    });
  });
  const url = urlIn(output, "site");
  const secureUrl = urlIn(output, "secure");
  const adminUrl = urlIn(output, "dashboard");
  const ports = {
    http: Number(new URL(url).port),
    ...(secureUrl !== "" && { https: Number(new URL(secureUrl).port) }),
    admin: Number(new URL(adminUrl).port),
  };
  // Under another program it is not our child: its own word for who it is counts.
  const pid = Number((JSON.parse(readFileSync(join(data, "owner.json"), "utf8")) as { pid: unknown }).pid);
  const end = (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) process.kill(pid, signal);
    return exited;
  };
  return {
    url,
    secureUrl,
    adminUrl,
    data,
    ports,
    pid,
    output: () => output,
    admin: (path, init = {}) =>
      fetch(`${adminUrl}${path}`, {
        ...init,
        headers: { ...init.headers, authorization: `Bearer ${adminToken}` },
      }),
    stop: () => end("SIGTERM"),
    async kill() {
      await end("SIGKILL");
      if (options.data) rmSync(folder, { recursive: true, force: true });
    },
    async close() {
      await end("SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

const ownPorts = async (): Promise<Ports> => ({
  http: await freePort(),
  https: await freePort(),
  admin: await freePort(),
});

const launch = (options: GatewayOptions, folder: string, data: string, ports: Ports): ChildProcess => {
  const args = ["--data", data, "--http", `127.0.0.1:${ports.http}`, "--admin", `127.0.0.1:${ports.admin}`];
  args.push("--https", `127.0.0.1:${ports.https ?? 0}`);
  args.push("--admin-token", adminToken, ...(options.args ?? []));
  if (options.config) {
    const file = join(folder, "config.json");
    writeFileSync(file, JSON.stringify(options.config));
    args.push("--config", file);
  }
  const command = [
    ...(options.under ?? []),
    process.execPath,
    join(root, options.launched ? "turnpike.js" : "gateway/main.ts"),
    "start",
    ...args,
  ];
  return spawn(command[0] ?? "", command.slice(1), { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
};

/** Hands on whole lines alone: a piece that a pipe gives may end in the midst of one, and the other pipe's follow. */
const byLine = (take: (lines: string) => void): ((piece: string) => void) => {
  let begun = "";
  return (piece) => {
    const end = piece.lastIndexOf("\n") + 1;
    if (end > 0) take(begun + piece.slice(0, end));
    begun = (end > 0 ? "" : begun) + piece.slice(end);
  };
};

/** What the line of the start says of an address. */
const urlIn = (output: string, field: string): string =>
  new RegExp(`"${field}":"(https?:[^"]+)"`).exec(output)?.[1] ?? "";

/** A browser that people use, so that its events are not labelled as a bot's. */
export const personAgent =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";
