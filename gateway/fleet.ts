/**
 * `workers: n`: n processes that share the public ports. This process keeps the data folder: they hand it their hits and
 * acknowledge on its answer, and limits are counted here, so that they hold for all together. A worker that dies is
 * replaced; if this process dies, all end.
 */
import cluster, { type Worker } from "node:cluster";
import type { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { appendBatch } from "./append-batch.ts";
import { createClientAuthorities } from "./client-authorities.ts";
import type { Config } from "./config/schema.ts";
import type { Missed } from "./document/document.ts";
import { type Door, openDoor } from "./doors.ts";
import { createFleetFigures } from "./fleet-figures.ts";
import type { FromWorker, ToWorker } from "./fleet-messages.ts";
import { parseCidrs, plainAddress } from "./lib/ip.ts";
import type { Log } from "./lib/log.ts";
import { rulesOf } from "./limit/connections.ts";
import type { Counters } from "./limit/counters.ts";
import { mostOpenFiles, watchOpenFiles } from "./limit/open-files.ts";
import { countAll } from "./limit/remote-counters.ts";
import { createSharedPlaces } from "./limit/shared-places.ts";
import type { Entry } from "./listen/turn-away.ts";
import type { PublicSide, SocketParts } from "./public-side.ts";
import type { SqliteStore } from "./store/sqlite-store.ts";

export interface FleetParts {
  readonly store: Pick<SqliteStore, "appendLines" | "reject">;
  readonly missed: Missed;
  /** counts for all workers together */
  readonly counters: Counters;
  readonly dev: boolean;
  readonly demoUpstream: string | null;
  readonly log: Log;
  readonly sockets: SocketParts;
}

/** A worker that ends before it serves is started again ever later: what ails it is not over in a second. */
const againAfterMs = 1000;
const latestAgainMs = 60_000;

interface Handed {
  readonly name: "http" | "https";
  readonly socket: Socket;
}

/** Opens the ports and starts the workers; resolves when they serve, rejects with one sentence when they cannot. */
export const startFleet = async (initial: Config, parts: FleetParts): Promise<PublicSide> => {
  cluster.setupPrimary({
    exec: fileURLToPath(new URL("./worker-process.ts", import.meta.url)),
    args: [],
    serialization: "advanced", // lines of JSON would be quoted once more
  });
  let config = initial;
  let stopping = false;
  const running = new Set<Worker>();
  const places = createSharedPlaces<Worker>();
  let entry = entryOf(initial);
  let stillborn = 0;
  const figures = createFleetFigures((worker) => tell(worker, { kind: "figures" }));
  const ready: Worker[] = [];
  const { tickets } = parts.sockets;
  /** connections that are on their way to a worker */
  const handed = new Map<Worker, Handed[]>();
  /** Each in its turn, without those that have gone and of whose end we are yet to be told. */
  const nextWorker = (): Worker | null => {
    for (let worker = ready.shift(); worker; worker = ready.shift()) {
      if (!worker.isConnected()) continue;
      ready.push(worker);
      return worker;
    }
    return null;
  };
  const give = (name: "http" | "https", socket: Socket): boolean => {
    const worker = nextWorker();
    if (!worker) return false;
    const one: Handed = { name, socket };
    const underWay = handed.get(worker) ?? [];
    underWay.push(one);
    handed.set(worker, underWay);
    // Our copy stays until the worker says that it has its own. Node would do so by itself, but of one that is killed
    // before for ever; and what could not be written to it Node tells nobody.
    worker.process.send?.(
      { kind: "connection", name } satisfies ToWorker,
      socket,
      { keepOpen: true },
      () => {},
    );
    return true;
  };
  /** They came in the order in which they were given. */
  const taken = (worker: Worker, connections: number): void => {
    for (const { socket } of handed.get(worker)?.splice(0, connections) ?? []) socket.destroy(); // our copy alone
  };
  /** Its worker has ended before it had it: nobody else would ever read or close it. */
  const giveAgain = ({ name, socket }: Handed): void => {
    if (!socket.destroyed) doors.take(name, socket);
  };
  const files = watchOpenFiles(mostOpenFiles(), (sentence) => parts.log.warn(sentence));
  const enter = (socket: Socket): Entry => {
    const room = files.roomFor(socket);
    if (room !== "enough") {
      figures.refused("files");
      return room === "little" ? "full" : "closed";
    }
    const network = entry.countedAs(plainAddress(socket.remoteAddress));
    if (places.has(network, config.limits)) return "open";
    figures.refused("connections");
    return "full";
  };
  const doors = await openDoors(initial, parts.sockets, { enter, give });
  const leave = tickets.follow((keys) => {
    for (const worker of running) tell(worker, { kind: "tickets", tickets: keys });
  });

  const launch = (): Promise<void> => {
    const worker = cluster.fork();
    running.add(worker);
    const { bound, secure } = doors;
    const { dev, demoUpstream } = parts;
    const keys = tickets.current();
    tell(worker, { kind: "serve", config, dev, demoUpstream, bound, secure, tickets: keys });
    let hasServed = false;
    return new Promise((resolve, reject) => {
      worker.on("message", (message: FromWorker) => {
        if (message.kind === "ready") {
          ready.push(worker);
          stillborn = 0;
          hasServed = true;
          resolve();
        }
        if (message.kind === "failed") reject(new Error(message.sentence));
        if (message.kind === "taken") taken(worker, message.connections);
        if (message.kind === "figures") figures.hear(worker, message.figures);
        if (message.kind === "places") {
          const cut = places.hear(worker, message.news, config.limits);
          if (cut.length > 0) tell(worker, { kind: "cut", connections: cut });
        }
        take(worker, message, parts);
      });
      worker.on("error", (error) => parts.log.error(`a worker process failed: ${error.message}`, error));
      worker.on("disconnect", () => retire(worker));
      worker.on("exit", (code, signal) => {
        running.delete(worker);
        places.drop(worker);
        figures.retire(worker);
        retire(worker);
        reject(new Error(`a worker process ended (${signal ?? code}) before it listened`));
        if (!hasServed) stillborn++;
        if (!stopping) replace(code, signal);
      });
    });
  };

  const retire = (worker: Worker): void => {
    const at = ready.indexOf(worker);
    if (at >= 0) ready.splice(at, 1);
    const left = handed.get(worker) ?? [];
    handed.delete(worker);
    for (const one of left) giveAgain(one);
  };

  const replace = (code: number, signal: string | null): void => {
    const waitMs = Math.min(againAfterMs * 2 ** stillborn, latestAgainMs);
    parts.log.error(
      `a worker process ended (${signal ?? code}): another is started in ${waitMs / 1000} s, the others serve on`,
    );
    setTimeout(() => {
      if (!stopping) launch().catch((error: Error) => parts.log.error(error.message));
    }, waitMs).unref();
  };

  const ended = (): Promise<unknown> =>
    Promise.all([...running].map((worker) => new Promise((resolve) => worker.once("exit", resolve))));

  const drain = async (): Promise<void> => {
    stopping = true;
    doors.close();
    for (const worker of running) tell(worker, { kind: "drain" });
    await ended();
  };

  const stop = async (): Promise<void> => {
    stopping = true;
    leave();
    files.close();
    doors.close();
    const gone = ended();
    for (const worker of running) tell(worker, { kind: "stop" });
    // A worker cuts what is left by itself; one that hangs is not waited for.
    const kill = setTimeout(
      () => {
        for (const worker of running) worker.process.kill("SIGKILL");
      },
      (config.listen.stopSeconds + 10) * 1000,
    );
    await gone;
    clearTimeout(kill);
  };

  try {
    await Promise.all(Array.from({ length: config.workers }, launch));
    return {
      bound: doors.bound,
      secure: doors.secure,
      sockets: doors.sockets,
      drain,
      figures: () => figures.ask([...ready]),
      reopenLogs() {}, // workers see by themselves that their file was moved
      apply(next) {
        createClientAuthorities(next); // throws here where it would in each worker, and nothing has changed
        config = next;
        entry = entryOf(next);
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

const take = (worker: Worker, message: FromWorker, { store, missed, counters }: FleetParts): void => {
  if (message.kind === "count") {
    void countAll(counters, message.asked).then((answers) => tell(worker, { kind: "counted", answers }));
  }
  if (message.kind === "missed") {
    missed.exposuresLate += message.exposuresLate;
    missed.exposuresLost += message.exposuresLost;
    missed.requestsDropped += message.requestsDropped;
  }
  if (message.kind !== "append") return;
  void appendBatch(store, message.batch).then((outcome) => tell(worker, { kind: "outcome", outcome }));
};

/** Which connections count, and for whom. */
const entryOf = ({ limits, trustedProxies }: Config) => rulesOf(limits, parseCidrs(trustedProxies));

/** The public ports, as the settings say. */
const openDoors = async (
  { listen, tls }: Config,
  { inherited, portHint }: SocketParts,
  {
    enter,
    give,
  }: {
    readonly enter: (socket: Socket) => Entry;
    readonly give: (name: "http" | "https", socket: Socket) => boolean;
  },
) => {
  const names = tls.mode === "off" ? (["http"] as const) : (["http", "https"] as const);
  const open: (readonly ["http" | "https", Door])[] = [];
  const close = (): void => {
    for (const [, door] of open) door.close();
  };
  try {
    for (const name of names) {
      const address = listen[name];
      const door = await openDoor({
        address,
        portHint: (free) => portHint(`--${name} ${free}`),
        inherited: inherited(name, address),
        enter,
        isEncrypted: name === "https",
        give: (socket) => give(name, socket),
      });
      open.push([name, door]);
    }
  } catch (error) {
    close();
    throw error;
  }
  const [plain, secure] = open.map(([, door]) => door.bound);
  if (!plain) throw new Error("listen: there is no address to serve");
  return {
    bound: plain,
    secure: secure ?? null,
    close,
    take(name: "http" | "https", socket: Socket): void {
      open.find(([of]) => of === name)?.[1].take(socket);
    },
    sockets: () =>
      open.flatMap(([name, door]) => {
        const descriptor = door.descriptor();
        return descriptor === null ? [] : [[name, descriptor, listen[name]] as const];
      }),
  };
};
