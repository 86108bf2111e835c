/** Runs the program as a person at a prompt does: a process of its own, to its end. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { root } from "./gateway.ts";

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  /** the working folder; the checkout where left out */
  readonly cwd?: string;
  /** the user and group to run as; only root may choose */
  readonly uid?: number;
  /** for work that takes its time; null waits to the end */
  readonly longestMs?: number | null;
}

// Nothing usual takes that long but a program that waits for ever.
const usualMs = 30_000;

/** `turnpike ARGS`, until it ends. */
export const runTurnpike = async (
  args: readonly string[],
  { cwd = root, uid, longestMs = usualMs }: RunOptions = {},
): Promise<Ended> => {
  const child = spawn(process.execPath, [join(root, "gateway/main.ts"), ...args], {
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
    ...(longestMs !== null && { timeout: longestMs }),
    killSignal: "SIGKILL",
    ...(uid !== undefined && { uid, gid: uid }),
  });
  const ended = new Promise<number | null>((resolve, reject) =>
    child.once("error", reject).once("exit", resolve),
  );
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, out, err };
};
