/**
 * Events from clients that were never here: a connection each, and over TLS a whole handshake each (no session is taken up
 * again), until the event is on disk. Beside it nginx with one worker, which stores nothing and says how many handshakes
 * the clients can do here. Also by what a server costs, at a price that is said.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { load } from "./lib/machine.ts";
import { type BenchOptions, connections, median, threads, warmUpSeconds } from "./lib/options.ts";
import { formatTable, whole } from "./lib/table.ts";
import { startAnsweringNginx, startTurnpike, writePair } from "./lib/tls-peers.ts";
import { needPrograms } from "./lib/tools.ts";
import { runWrk } from "./lib/wrk.ts";

/** What a server of two cores is rented for, dollars a month: a round figure of the year 2026. */
const monthPrice = 10;
const target = "/tr/v1/?ename=seen&url=https%3A%2F%2Fshop.example%2F";
/** processes of `openssl s_time`, which does one handshake after the other */
const clients = 16;

/** Prints both figures; rejects where a request failed. */
export const runCollectTls = async (options: BenchOptions): Promise<void> => {
  needPrograms(["openssl", "nginx"]);
  const folder = mkdtempSync(join(tmpdir(), "turnpike-bench-collect-"));
  const pair = writePair(folder);
  const gateway = await startTurnpike(pair, []);
  const nginx = await startAnsweringNginx(pair);
  try {
    const plain = (seconds: number) =>
      runWrk({ url: `${gateway.url}${target}`, seconds, connections, threads, script: "close.lua" });
    const secure = (seconds: number) => handshakes(gateway.secureUrl, seconds);
    const peer = (seconds: number) => handshakes(nginx.secureUrl, seconds);
    for (const warmUp of [plain, secure, peer]) await warmUp(warmUpSeconds);
    const rates: Readonly<Record<"plain" | "secure" | "peer", number[]>> = {
      plain: [],
      secure: [],
      peer: [],
    };
    const loads: string[] = [];
    for (let round = 0; round < options.rounds; round++) {
      rates.plain.push((await plain(options.seconds)).perSecond);
      rates.secure.push(await secure(options.seconds));
      rates.peer.push(await peer(options.seconds));
      loads.push(load());
    }
    const row = (name: string, runs: readonly number[]): readonly string[] => [
      name,
      whole(median(runs)),
      whole(median(runs) / monthPrice),
      runs.map(whole).join(" "),
    ];
    const head = [
      "events, one a connection",
      "a second",
      `a second per $ of $${monthPrice} a month`,
      "rounds",
    ];
    const rows = [
      row("TCP", rates.plain),
      row("TLS, full handshake", rates.secure),
      row("nginx, TLS, an empty page", rates.peer),
    ];
    process.stdout.write(`${formatTable(head, rows)}\n\n`);
    process.stdout.write(`medians; load of the machine after each round: ${loads.join(", ")}\n`);
  } finally {
    await nginx.stop();
    await gateway.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Whole handshakes a second, each with a request. */
const handshakes = async (url: string, seconds: number): Promise<number> => {
  const { host } = new URL(url);
  const counts = await Promise.all(Array.from({ length: clients }, () => timed(host, seconds)));
  return counts.reduce((sum, count) => sum + count, 0) / seconds;
};

const timed = async (host: string, seconds: number): Promise<number> => {
  const args = ["s_time", "-connect", host, "-new", "-time", String(seconds), "-www", target];
  const child = spawn("openssl", args, { stdio: ["ignore", "pipe", "ignore"] });
  const said = await text(child.stdout);
  const count = /^(\d+) connections in \d+ real seconds/m.exec(said)?.[1];
  if (count === undefined)
    throw new Error(`bench: openssl said nothing that can be read: ${said.slice(-300)}`);
  return Number(count);
};
