/**
 * A restart without a gap: a new process is started that inherits the listening sockets and takes over the data folder,
 * while this one answers what it has accepted. If the new one does not come up, this one goes on. The first process of a
 * chain stays to the end, as a small stand-in: supervisors know the gateway by its number.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { appendBatch } from "./append-batch.ts";
import {
  type FromSuccessor,
  folderVariable,
  type InheritedSockets,
  type SocketName,
  socketsVariable,
  type ToSuccessor,
} from "./handover-messages.ts";
import type { HandedData } from "./handover-store.ts";
import type { Log } from "./lib/log.ts";
import type { DayCounts, DayShare } from "./limit/day-counts.ts";
import type { Outcome } from "./store/group-commit.ts";
import type { Batch } from "./store/ledger.ts";

export interface HandoverParts {
  /** the listening sockets, each with its address in the settings */
  readonly sockets: () => readonly (readonly [SocketName, descriptor: number, address: string])[];
  /** the data folder */
  readonly dir: string;
  readonly data: Pick<HandedData, "store" | "give" | "takeBack">;
  readonly tickets: () => Uint8Array;
  /** daily quotas, which the new process goes on with */
  readonly days: Pick<DayCounts, "flush" | "handTo">;
  readonly log: Log;
}

export interface Handover {
  /** Starts a process that takes this one's place; while one is being started, nothing. */
  begin(): void;
  /** Resolves with the new process once it serves. */
  readonly taken: Promise<ChildProcess>;
  /** This process stops: ends one that has not taken its place yet. */
  cancel(): Promise<void>;
}

/** A start with a large database takes seconds; one that takes longer than this hangs. */
const patienceMs = 120_000;

export const createHandover = (parts: HandoverParts): Handover => {
  const { log } = parts;
  const { promise: taken, resolve: take } = Promise.withResolvers<ChildProcess>();
  let underWay: { readonly child: ChildProcess; readonly over: Promise<void> } | null = null;
  const stopping = new AbortController();
  return {
    taken,
    begin() {
      if (underWay || stopping.signal.aborted) return; // one that begins now would live on after the end
      log.info("restart: another process is started, this one serves until it can");
      const child = launch(parts.sockets(), parts.dir);
      const over = handOver(parts, child, stopping.signal).then(
        (successor) => {
          log.info(`restart: process ${successor.pid} serves, this one ends with its last connection`);
          take(successor);
        },
        (error: unknown) => {
          underWay = null;
          log.error(`restart: ${messageOf(error)}; this process goes on`);
        },
      );
      underWay = { child, over };
    },
    async cancel() {
      stopping.abort();
      if (!underWay) return;
      const { child, over } = underWay;
      const ended = child.exitCode === null && child.signalCode === null ? once(child, "exit") : null;
      child.kill("SIGTERM");
      await Promise.all([over, ended]);
    },
  };
};

/** Restarts at SIGUSR2; null where it cannot be done. Answers the function that ends it. */
export const restartOnSignal = (handover: Handover | null, log: Log): (() => void) => {
  const listen = (): void => {
    if (handover) handover.begin();
    else log.warn("restart: not with --dev, which prints what this process stores: start it again instead");
  };
  process.on("SIGUSR2", listen);
  return () => process.off("SIGUSR2", listen);
};

/** Resolves with the new process once it serves; rejects with the reason, and everything is as it was before. */
const handOver = async (
  parts: HandoverParts,
  child: ChildProcess,
  stopping: AbortSignal,
): Promise<ChildProcess> => {
  const talk = openTalk(child);
  const timer = setTimeout(() => child.kill("SIGKILL"), patienceMs);
  try {
    await talk.heard("prepared");
    const owner = Promise.withResolvers<(batch: Batch) => Promise<Outcome>>();
    await parts.days.flush(); // it reads them when it begins to count
    await parts.data.give(async (batch) => (await owner.promise)(batch));
    talk.say({ kind: "yours", tickets: parts.tickets() });
    try {
      await talk.heard("serving");
    } catch (error) {
      await talk.ended; // only then the folder is free
      owner.resolve(await takeBack(parts, stopping));
      throw error;
    }
    owner.resolve(talk.append);
    parts.days.handTo(talk.count);
    return child;
  } catch (error) {
    child.kill("SIGKILL"); // one that still waits for the folder would take it when this process ends
    throw error;
  } finally {
    clearTimeout(timer);
  }
};

const againMs = 250;

/** A command may have been faster: events wait in line until the folder is free, or are refused at the end. */
const takeBack = async (
  { data, log }: HandoverParts,
  stopping: AbortSignal,
): Promise<(batch: Batch) => Promise<Outcome>> => {
  for (let isTold = false; !stopping.aborted; isTold = true) {
    try {
      const trouble = await data.takeBack();
      if (trouble) log.error(`restart: the sinks stand still until the next start: ${trouble.message}`);
      return (batch) => appendBatch(data.store, batch);
    } catch (error) {
      if (!isTold) log.error(`restart: ${messageOf(error)}; events wait until it is free`);
      await sleep(againMs, undefined, { signal: stopping }).catch(() => {});
    }
  }
  return async () => ({ kind: "refused", reason: "Turnpike is stopping", disk: false });
};

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The same program with the same arguments, as its files are now. */
const launch = (sockets: ReturnType<HandoverParts["sockets"]>, dir: string): ChildProcess => {
  const { execPath, execArgv, argv, env } = process;
  const firstFree = 4; // after the three of every process and the channel
  const inherited: InheritedSockets = Object.fromEntries(
    sockets.map(([name, , address], i) => [name, { descriptor: firstFree + i, address }]),
  );
  return spawn(execPath, [...execArgv, ...argv.slice(1)], {
    stdio: ["inherit", "inherit", "inherit", "ipc", ...sockets.map(([, descriptor]) => descriptor)],
    serialization: "advanced", // lines of JSON would be quoted once more
    env: { ...env, [socketsVariable]: JSON.stringify(inherited), [folderVariable]: dir },
  });
};

interface Talk {
  say(message: ToSuccessor): void;
  /** Rejects with the reason when the process ends before it says this. */
  heard(kind: "prepared" | "serving"): Promise<void>;
  /** Hands it a batch; what cannot reach it is refused. */
  append(batch: Batch): Promise<Outcome>;
  /** Tells it what was counted here; rejects where that cannot reach it. */
  count(share: DayShare): Promise<void>;
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
}

const openTalk = (child: ChildProcess): Talk => {
  const said = { prepared: Promise.withResolvers<void>(), serving: Promise.withResolvers<void>() };
  let settle: (outcome: Outcome) => void = () => {};
  let reason: string | null = null;
  for (const { promise } of Object.values(said)) promise.catch(() => {}); // not everybody waits for both
  child.on("message", (message: FromSuccessor) => {
    if (message.kind === "prepared" || message.kind === "serving") said[message.kind].resolve();
    if (message.kind === "failed") reason = message.sentence;
    if (message.kind === "outcome") settle(message.outcome);
  });
  const ended = new Promise<void>((resolve) => {
    const end = (how: string): void => {
      const error = new Error(reason ?? `the new process ${how} before it served`);
      for (const { reject } of Object.values(said)) reject(error);
      settle(gone);
      resolve();
    };
    child.once("exit", (code, signal) => end(`ended with ${signal ?? code}`));
    child.once("error", (error) => end(`could not be started (${error.message})`));
  });
  const say = (message: ToSuccessor, failed: () => void = () => {}): void => {
    if (!child.connected) failed();
    else child.send(message, (error) => error && failed());
  };
  return {
    ended,
    say,
    heard: (kind) => said[kind].promise,
    count: (share) =>
      new Promise((resolve, reject) => {
        if (!child.connected) reject(new Error("the process that counts on has ended"));
        else
          child.send({ kind: "counted", share } satisfies ToSuccessor, (error) =>
            error ? reject(error) : resolve(),
          );
      }),
    append: (batch) =>
      new Promise((resolve) => {
        settle = resolve;
        say({ kind: "append", batch }, () => resolve(gone));
      }),
  };
};

const gone: Outcome = { kind: "refused", reason: "the process that has the data folder ended", disk: false };
