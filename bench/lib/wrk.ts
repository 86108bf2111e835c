/** Runs wrk and reads what its script says at the end. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Load {
  readonly url: string;
  readonly seconds: number;
  readonly connections: number;
  readonly threads: number;
  /** file of the requests, in this folder's parent; plain GET where left out */
  readonly script?: string;
  readonly args?: readonly string[];
}

export interface Measured {
  readonly requests: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** answers that were neither 2xx nor 3xx */
  readonly statusErrors: number;
  /** connections that failed, were cut or timed out */
  readonly socketErrors: number;
  /** what the script counted: requests begun, and among them repetitions */
  readonly sent: number;
  readonly resent: number;
}

const report = fileURLToPath(new URL("../report.lua", import.meta.url));

/** Resolves with the figures; rejects when an answer was not a success, because then they measure something else. */
export const runWrk = async (load: Load): Promise<Measured> => {
  const script = load.script ? fileURLToPath(new URL(`../${load.script}`, import.meta.url)) : report;
  const flags = [`-t${load.threads}`, `-c${load.connections}`, `-d${load.seconds}`, "--timeout", "10"];
  const output = await run([...flags, "-s", script, load.url, "--", ...(load.args ?? [])]);
  const line = /^RESULT (.*)$/m.exec(output)?.[1];
  if (!line) throw new Error(`bench: wrk said nothing that can be read: ${output}`);
  const said = JSON.parse(line) as Omit<Measured, "perSecond">; // printed by report.lua
  if (said.statusErrors + said.socketErrors > 0) {
    throw new Error(
      `bench: ${said.statusErrors} answers of ${load.url} were no success, ${said.socketErrors} connections failed`,
    );
  }
  return { ...said, perSecond: said.requests / said.seconds };
};

const run = (args: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    // A script finds `report.lua` beside itself; wrk knows no other way to share code.
    const child = spawn("wrk", args, {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, LUA_PATH: luaPath },
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.once("error", reject);
    child.once("exit", (code) =>
      code === 0 ? resolve(output) : reject(new Error(`bench: wrk ended with ${code}: ${output}`)),
    );
  });

const luaPath = `${fileURLToPath(new URL("..", import.meta.url))}?.lua;;`;
