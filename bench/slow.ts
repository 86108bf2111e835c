/**
 * Clients that send or read as slowly as they can (slowhttptest's four modes), and what others notice: their 99th
 * percentile at a steady rate, before and meanwhile. Where nginx can be asked the same, it is, in the same run: readers
 * and others share the cores with what they ask, so that part of the ratio is theirs.
 */
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGateway } from "../test/gateway.ts";
import { load, socketsOf } from "./lib/machine.ts";
import { startNginx } from "./lib/nginx.ts";
import type { BenchOptions } from "./lib/options.ts";
import { formatTable, ms, whole } from "./lib/table.ts";
import { findTool, needPrograms } from "./lib/tools.ts";

const slowConnections = 1000;
const othersPerSecond = 200;
/** a mode needs the time in which connections are cut */
const leastSeconds = 30;

const modes: Readonly<Record<string, readonly string[]>> = {
  "slow headers": ["-H", "-i", "5", "-u", "/"],
  "slow body": ["-B", "-i", "5", "-s", "8192", "-u", "/tr/v1/"],
  "many ranges": ["-R", "-a", "1", "-b", "3000", "-u", "/big.bin"],
  "slow read": ["-X", "-n", "2", "-z", "32", "-w", "10", "-y", "20", "-k", "3", "-u", "/big.bin"],
};

/** nginx takes no events: it would refuse the body at once. */
const oursAlone: ReadonlySet<string> = new Set(["slow body"]);

/** Prints a row for each mode and server. */
export const runSlow = async (options: BenchOptions): Promise<void> => {
  needPrograms(["slowhttptest"]);
  const folder = mkdtempSync(join(tmpdir(), "turnpike-bench-slow-"));
  const stops: (() => Promise<unknown>)[] = [];
  try {
    chmodSync(folder, 0o755); // nginx gives up the rights of root for its workers
    writeFileSync(join(folder, "index.html"), "<p>home</p>");
    writeFileSync(join(folder, "big.bin"), Buffer.alloc(4_000_000, "0123456789"));
    const gateway = await startGateway({ config: configOf(folder) });
    stops.push(() => gateway.close());
    const nginx = await startNginx({ server: `root ${folder};`, http: "sendfile on;" });
    stops.push(nginx.stop);
    await others(gateway.url, 2);
    await others(nginx.url, 2);
    const seconds = Math.max(options.seconds, leastSeconds);
    const rows: string[][] = [];
    for (const [mode, args] of Object.entries(modes)) {
      const ask = (url: string) => measure(url, args, seconds, join(folder, "report"));
      rows.push([mode, "turnpike", ...(await ask(gateway.url)), whole(socketsOf(gateway.pid)), load()]);
      if (!oursAlone.has(mode)) rows.push(["", "nginx", ...(await ask(nginx.url)), "", load()]);
    }
    print(seconds, rows);
  } finally {
    for (const stop of stops.reverse()) await stop();
    rmSync(folder, { recursive: true, force: true });
  }
};

const configOf = (folder: string) => ({
  tls: "off",
  limits: { requests: 1_000_000_000, connections: 50_000, connectionsPerAddress: 50_000 },
  sites: [{ id: "main", hosts: ["*"] }],
  routes: [{ path: "/", static: { dir: folder }, inject: false }],
});

const measure = async (
  url: string,
  args: readonly string[],
  seconds: number,
  report: string,
): Promise<readonly string[]> => {
  const before = await others(url, 10);
  const slow = attack(url, args, seconds, report);
  const meanwhile = await others(url, seconds);
  const { connected, closed } = await slow;
  return [ms(before), ms(meanwhile), (meanwhile / before).toFixed(2), whole(connected), whole(closed)];
};

const print = (seconds: number, rows: readonly string[][]): void => {
  const clients = `${whole(slowConnections)} slow clients, ${seconds} s`;
  const head = [
    clients,
    "",
    "p99 before",
    "meanwhile",
    "ratio",
    "held at most",
    "cut",
    "sockets at the end",
    "load",
  ];
  process.stdout.write(`${formatTable(head, rows)}\n`);
};

interface Attacked {
  /** slow connections that were open together at most, and those that the gateway had closed at the end */
  readonly connected: number;
  readonly closed: number;
}

const attack = async (
  url: string,
  args: readonly string[],
  seconds: number,
  report: string,
): Promise<Attacked> => {
  const path = args.at(-1) ?? "/";
  const flags = [
    "-c",
    String(slowConnections),
    "-r",
    "500",
    "-l",
    String(seconds),
    "-p",
    "5",
    "-g",
    "-o",
    report,
  ];
  const child = spawn(
    findTool("slowhttptest") ?? "slowhttptest",
    [...args.slice(0, -1), url + path, ...flags, "-v", "0"],
    {
      stdio: "ignore",
    },
  );
  await new Promise<void>((resolve) => child.once("exit", () => resolve()));
  // Seconds, Closed, Pending, Connected, Service Available
  const rows = readFileSync(`${report}.csv`, "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(",").map(Number));
  return { connected: Math.max(...rows.map((row) => row[3] ?? 0)), closed: rows.at(-1)?.[1] ?? 0 };
};

/** The 99th percentile of requests that others make at a steady rate, ms; late ones count from when they were due. */
const others = async (url: string, seconds: number): Promise<number> => {
  const agent = new Agent({ keepAlive: true });
  const took: number[] = [];
  const begun = performance.now();
  const running: Promise<void>[] = [];
  for (let i = 0; i < seconds * othersPerSecond; i++) {
    const due = begun + (i * 1000) / othersPerSecond;
    const waitMs = due - performance.now();
    if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const finish = () => void took.push(performance.now() - due);
    const fail = () => void took.push(Number.POSITIVE_INFINITY); // one in a hundred makes it the figure
    running.push(ask(`${url}/`, agent).then(finish, fail));
  }
  await Promise.all(running);
  agent.destroy();
  return took.sort((a, b) => a - b)[Math.floor(took.length * 0.99)] ?? Number.NaN;
};

const ask = (url: string, agent: Agent): Promise<void> =>
  new Promise((resolve, reject) => {
    const asked = request(url, { agent }, (res) => {
      res.resume().on("end", () => resolve());
      if (res.statusCode !== 200) reject(new Error(`bench: answered with ${res.statusCode}`));
    });
    asked.on("error", reject).end();
  });
