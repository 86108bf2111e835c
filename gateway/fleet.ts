/**
 * `workers: n`: n processes that share the public ports. This process keeps the data folder: they hand it their hits and
 * acknowledge on its answer, and limits are counted here, so that they hold for all together. A worker that dies is
 * replaced; if this process dies, all end.
 */
import cluster, { type Worker } from "node:cluster";
import { fileURLToPath } from "node:url";
import { RateLimiterClusterMaster } from "rate-limiter-flexible";
import type { Config } from "./config/schema.ts";
import type { Missed } from "./document/document.ts";
import type { FromWorker, ToWorker } from "./fleet-messages.ts";
import type { Log } from "./lib/log.ts";
import type { PublicSide } from "./public-side.ts";
import type { SqliteStore } from "./store/sqlite-store.ts";

export interface FleetParts {
  readonly store: Pick<SqliteStore, "appendLines" | "reject">;
  readonly missed: Missed;
  readonly dev: boolean;
  readonly demoUpstream: string | null;
  readonly log: Log;
}

const againAfterMs = 1000;

/** Starts the workers; resolves when the first listens, rejects with its sentence when it cannot. */
export const startFleet = async (initial: Config, parts: FleetParts): Promise<PublicSide> => {
  new RateLimiterClusterMaster(); // listens to what workers ask of it
  cluster.setupPrimary({
    exec: fileURLToPath(new URL("./worker-process.ts", import.meta.url)),
    args: [],
    serialization: "advanced", // lines of JSON would be quoted once more
  });
  let config = initial;
  let stopping = false;
  const running = new Set<Worker>();

  const launch = (): Promise<Pick<PublicSide, "bound" | "secure">> => {
    const worker = cluster.fork();
    running.add(worker);
    tell(worker, { kind: "serve", config, dev: parts.dev, demoUpstream: parts.demoUpstream });
    return new Promise((resolve, reject) => {
      worker.on("message", (message: FromWorker) => {
        if (message.kind === "listening") resolve(message);
        if (message.kind === "failed") reject(new Error(message.sentence));
        take(worker, message, parts);
      });
      worker.on("error", (error) => parts.log.error(`a worker process failed: ${error.message}`, error));
      worker.on("exit", (code, signal) => {
        running.delete(worker);
        reject(new Error(`a worker process ended (${signal ?? code}) before it listened`));
        if (!stopping) replace(code, signal);
      });
    });
  };

  const replace = (code: number, signal: string | null): void => {
    parts.log.error(`a worker process ended (${signal ?? code}): another is started`);
    setTimeout(() => {
      if (!stopping) launch().catch((error: Error) => parts.log.error(error.message, error));
    }, againAfterMs);
  };

  const stop = async (): Promise<void> => {
    stopping = true;
    const ended = [...running].map((worker) => new Promise((resolve) => worker.once("exit", resolve)));
    for (const worker of running) tell(worker, { kind: "stop" });
    // A worker cuts what is left by itself; one that hangs is not waited for.
    const kill = setTimeout(
      () => {
        for (const worker of running) worker.process.kill("SIGKILL");
      },
      (config.listen.stopSeconds + 10) * 1000,
    );
    await Promise.all(ended);
    clearTimeout(kill);
  };

  try {
    const [first] = await Promise.all(Array.from({ length: config.workers }, launch));
    if (!first) throw new Error("workers: at least one is needed");
    return {
      bound: first.bound,
      secure: first.secure,
      apply(next) {
        config = next;
        for (const worker of running) tell(worker, { kind: "configure", config });
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

const tell = (worker: Worker, message: ToWorker): void => {
  if (worker.isConnected()) worker.send(message, () => {}); // one that is gone is told nothing
};

const take = (worker: Worker, message: FromWorker, { store, missed }: FleetParts): void => {
  if (message.kind === "missed") {
    missed.exposuresLate += message.exposuresLate;
    missed.exposuresLost += message.exposuresLost;
  }
  if (message.kind !== "append") return;
  const { lines, keyTimes, rejects } = message.batch;
  for (const reject of rejects) store.reject(reject);
  store.appendLines(lines, keyTimes).then(
    (doubles) => tell(worker, { kind: "outcome", outcome: { kind: "appended", doubles } }),
    (error: Error) =>
      tell(worker, { kind: "outcome", outcome: { kind: "refused", reason: error.message, disk: false } }),
  );
};
