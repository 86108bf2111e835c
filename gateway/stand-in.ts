/**
 * The first process of a chain of restarts, once another has its place: supervisors and terminals know the gateway by
 * this one's number, so it stays, passes their signals on and ends when nobody serves any more.
 */
import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What a process that another takes over from is, to the end. */
export interface Leaving {
  /** Resolves with the new process once it serves. */
  readonly taken: Promise<ChildProcess>;
  /** This process stops before the new one serves. */
  readonly cancel: () => Promise<void>;
  /** Signals mean the new process from now on. */
  readonly retire: () => void;
  /** Ends with the last connection. */
  readonly drain: () => Promise<void>;
  readonly dir: string;
}

export interface LeaveOptions extends Omit<Leaving, "taken" | "cancel"> {
  readonly successor: ChildProcess;
  /** resolves when the process before has nothing to send any more; null where there was none */
  readonly predecessorGone: Promise<void> | null;
  /** this process was told to stop */
  readonly stopped: Promise<void>;
  readonly close: () => Promise<void>;
  readonly isTerminal: boolean;
}

/** Answers what was accepted here, then ends; the first of a chain when the chain ends. Resolves with the exit code. */
export const leaveTo = async (options: LeaveOptions): Promise<number> => {
  const { successor, retire, drain, predecessorGone, stopped, close } = options;
  retire();
  if (predecessorGone) {
    // Where the new one is told to stop, all are: nobody can take what comes here any more.
    const over = new Promise<void>((resolve) => successor.once("exit", () => resolve()));
    await Promise.race([Promise.all([drain(), predecessorGone]), stopped, over]);
    await close();
    if (successor.connected) successor.disconnect(); // it lives on without us
    successor.unref();
    return 0;
  }
  const chain = standIn(options);
  await Promise.race([drain(), chain.stopped, chain.ended]);
  await close();
  if (successor.connected) successor.disconnect(); // nothing more comes from here
  return chain.ended;
};

export interface StandInOptions {
  readonly successor: ChildProcess;
  /** the data folder, where a later successor names itself */
  readonly dir: string;
  /** a terminal sends Ctrl-C to all of its processes by itself */
  readonly isTerminal: boolean;
}

export interface StandIn {
  /** Resolves with the exit code when no process of the chain serves any more. */
  readonly ended: Promise<number>;
  /** The gateway was told to stop. */
  readonly stopped: Promise<void>;
}

const lookEveryMs = 250;

export const standIn = ({ successor, dir, isTerminal }: StandInOptions): StandIn => {
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  let serving = successor.pid ?? 0;
  let isStopped = false;
  const find = (): number => {
    const named = ownerOf(dir);
    if (named !== null && named !== process.pid && isAlive(named)) serving = named;
    return serving;
  };
  const forward = (signal: NodeJS.Signals): void => {
    const isEnd = signal === "SIGTERM" || signal === "SIGINT";
    if (!(signal === "SIGINT" && isTerminal)) send(find(), signal);
    if (!isEnd) return;
    isStopped = true;
    stop();
  };
  for (const signal of signals) process.on(signal, forward);

  const ended = new Promise<number>((resolve) => {
    let code: number | null = null;
    successor.once("exit", (given, signal) => {
      code = given ?? (signal === null ? 0 : 1);
    });
    const timer = setInterval(() => {
      if (isAlive(find())) return;
      clearInterval(timer);
      for (const signal of signals) process.off(signal, forward);
      // A later one is not our child: how it ended is known by whether it was asked to.
      const isChild = serving === successor.pid;
      resolve(isChild && code !== null ? code : isStopped ? 0 : 1);
    }, lookEveryMs);
  });
  return { ended, stopped };
};

const signals = ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGUSR2"] as const;

const ownerOf = (dir: string): number | null => {
  try {
    const { pid } = JSON.parse(readFileSync(join(dir, "owner.json"), "utf8")) as { pid: unknown };
    return Number(pid) || null;
  } catch {
    return null; // the folder changes hands, or nobody has it
  }
};

const send = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch {
    // it has just ended
  }
};

/** A process that has ended and that nobody has asked about, as under a first process of a container, is not alive. */
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
  } catch {
    return true; // a system without /proc
  }
};
