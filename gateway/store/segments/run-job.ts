/** Runs a job in a child process: in the background, or while the caller waits. */
import { spawn, spawnSync } from "node:child_process";
import { closeSync, openSync, rmSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { firstLine } from "../../lib/first-line.ts";
import { makeTemporaryFolder } from "../../lib/temporary-folder.ts";
import type { Job, ResultOf } from "./job.ts";
import type { ReadJob } from "./read-job.ts";

const child = fileURLToPath(new URL("./child.ts", import.meta.url));
const flags = ["--disable-warning=ExperimentalWarning", child];
const maxErrorCharacters = 2000;

/** Resolves with the job's result; rejects with its sentence, or when `signal` ends it. */
export const runJob = <J extends Exclude<Job, ReadJob>>(job: J, signal?: AbortSignal): Promise<ResultOf<J>> =>
  new Promise((resolve, reject) => {
    const running = spawn(process.execPath, flags, {
      stdio: ["pipe", "pipe", "pipe"],
      ...(signal && { signal }),
    });
    stepBack(running.pid);
    let answer = "";
    let error = "";
    running.stdout.setEncoding("utf8").on("data", (text: string) => {
      answer += text;
    });
    running.stderr.setEncoding("utf8").on("data", (text: string) => {
      error = `${error}${text}`.slice(-maxErrorCharacters);
    });
    running.stdin.on("error", () => {}); // it has ended: how, `close` says
    running.once("error", (failure) => reject(signal?.aborted ? signal.reason : failure));
    running.once("close", (code, by) => {
      if (code === 0)
        resolve(JSON.parse(answer) as ResultOf<J>); // our own child's
      else
        reject(new Error(`store: ${job.kind}: ${error.trim() || `the child process ended (${by ?? code})`}`));
    });
    running.stdin.write(`${JSON.stringify(job)}\n`); // left open: its end tells the child that we have gone
  });

/** The gateway's requests come first; a command may have said more. At its birth, so that its threads have it, too. */
const stepBack = (pid: number | undefined): void => {
  if (pid === undefined || getPriority() >= backgroundPriority) return;
  try {
    setPriority(pid, backgroundPriority);
  } catch {
    // it has ended: how, `close` says
  }
};

const backgroundPriority = 10;

/** A day's file is replaced while it is read only so often. */
const readTries = 4;

/**
 * Waits for a job that reads; answers an open file of lines, which nobody else can open, at its beginning. Files that
 * were replaced meanwhile are read again.
 */
export const runReadJob = (job: ReadJob): number => {
  for (let tries = 1; ; tries++) {
    const read = tryToRead(job);
    if (typeof read === "number") return read;
    if (tries === readTries) throw unreadable(read.error);
  }
};

/** DuckDB's first line names the file; those below show a query of ours. */
const unreadable = (error: string): Error =>
  new Error(
    `store: sealed events cannot be read: ${firstLine(error)}: \`turnpike verify\` says which files are damaged`,
  );

/** Likewise, while the caller does other work; rejects when `signal` ends it. */
export const runReadJobAside = async (job: ReadJob, signal: AbortSignal): Promise<number> => {
  for (let tries = 1; ; tries++) {
    const out = openUnnamed();
    const error = await readInto(out, job, signal);
    if (error === null) return out;
    closeSync(out);
    signal.throwIfAborted();
    if (tries === readTries) throw unreadable(error);
  }
};

/** Resolves with what went wrong, or null. */
const readInto = (out: number, job: ReadJob, signal: AbortSignal): Promise<string | null> =>
  new Promise((resolve) => {
    const running = spawn(process.execPath, flags, { stdio: ["pipe", out, "pipe"], signal });
    let said = "";
    running.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said = `${said}${text}`.slice(0, maxErrorCharacters);
    });
    running.stdin?.on("error", () => {}); // it has ended: how, `close` says
    running.once("error", (error) => resolve(error.message));
    running.once("close", (code, by) =>
      resolve(code === 0 ? null : said.trim() || `the child process ended (${by ?? code})`),
    );
    running.stdin?.end(`${JSON.stringify(job)}\n`);
  });

/** A file that nobody else can open: visitors' data, it goes with the last one who has it open. */
const openUnnamed = (): number => {
  const folder = makeTemporaryFolder("read");
  const out = openSync(join(folder, "lines"), "wx+", 0o600);
  rmSync(folder, { recursive: true });
  return out;
};

const tryToRead = (job: ReadJob): number | { readonly error: string } => {
  const out = openUnnamed();
  const { status, stderr } = spawnSync(process.execPath, flags, {
    input: `${JSON.stringify(job)}\n`,
    stdio: ["pipe", out, "pipe"],
  });
  if (status === 0) return out;
  closeSync(out);
  return { error: String(stderr).trim().slice(0, maxErrorCharacters) };
};
