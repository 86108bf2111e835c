/** What the figures were taken on, and what else was running. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release } from "node:os";
import { findTool } from "./tools.ts";

/** One line: cores, processor, versions. */
export const describeMachine = (): string =>
  [
    `${availableParallelism()} cores ${cpus()[0]?.model.trim() ?? ""}`,
    `Linux ${release()}`,
    `Node ${process.versions.node}`,
    firstLine("nginx", ["-v"]),
    firstLine("wrk", ["-v"]),
  ].join(" · ");

/** Other work on the same cores makes every figure worse: said with each of them. */
export const load = (): string => loadavg()[0]?.toFixed(1) ?? "?";

/** Resident memory of a process, MiB: now, and the most it ever was. */
export const memoryOf = (pid: number): { readonly now: number; readonly peak: number } => {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const read = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)?.[1] ?? 0) / 1024;
  return { now: read("VmRSS"), peak: read("VmHWM") };
};

/** Sockets that a process has open. */
export const socketsOf = (pid: number): number =>
  readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith("socket:");
    } catch {
      return false; // closed since
    }
  }).length;

const firstLine = (tool: string, args: readonly string[]): string => {
  const { stdout, stderr } = spawnSync(findTool(tool) ?? tool, args, { encoding: "utf8" });
  const [line = tool] = (stdout || stderr).split("\n", 1);
  return line.replace(/ \[.*| Copyright.*|nginx version: /g, "");
};
