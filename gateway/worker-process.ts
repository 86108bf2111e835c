/** A worker process of `workers: n`: the public side alone, its store in the owner's hands. */
import cluster from "node:cluster";
import type { Socket } from "node:net";
import { join } from "node:path";
import { distDir } from "../setup/build/dist.ts";
import { createAuth } from "./api/auth.ts";
import { knownTokens } from "./api/known-tokens.ts";
import type { AppParts } from "./app.ts";
import type { Config } from "./config/schema.ts";
import { createNames } from "./document/cookie-names.ts";
import type { Missed } from "./document/document.ts";
import type { FromWorker, ToWorker } from "./fleet-messages.ts";
import { systemClock } from "./lib/clock.ts";
import { collectAtRest } from "./lib/collect-at-rest.ts";
import { createLog } from "./lib/log.ts";
import { boundOldGeneration } from "./lib/old-generation.ts";
import { boundYoungGeneration } from "./lib/young-generation.ts";
import { createRemoteCounters } from "./limit/remote-counters.ts";
import type { PlaceNews } from "./limit/shared-places.ts";
import { createTicketKeys } from "./listen/tls/ticket-keys.ts";
import { createStandings } from "./proxy/standings.ts";
import { createTunnels } from "./proxy/tunnels.ts";
import { type FedSide, openPublicSide, reportError } from "./public-side.ts";
import { openRemoteStore, type RemoteStore } from "./store/remote-store.ts";
import { readSecret } from "./store/secret.ts";

type Serve = Extract<ToWorker, { kind: "serve" }>;

// Words that cannot be written, because their reader has left or their disk is full, end no worker.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
const log = createLog(process.stdout, process.stdout.isTTY === true);
boundOldGeneration();
const say = (message: FromWorker): void => void process.send?.(message, undefined, {}, () => {});
let store: RemoteStore | null = null;
let side: FedSide | null = null;
const counters = createRemoteCounters((asked) => say({ kind: "count", asked }));

const tickets = createTicketKeys({ rotates: false }); // the owner does it for all

const serve = async ({ config, dev, demoUpstream, bound, secure, ...given }: Serve): Promise<void> => {
  const { dir } = config.data;
  tickets.use(given.tickets);
  const secret = readSecret(dir);
  const opened = openRemoteStore({
    dir,
    limits: config.limits,
    post: (batch) => say({ kind: "append", batch }),
    onTrouble: () => {}, // the owner says it, once for all
  });
  store = opened;
  const tokens = () => knownTokens(opened.reader.report("tokens", {}));
  const auth = createAuth({ secret, clock: systemClock, tokens });
  const missed = { exposuresLate: 0, exposuresLost: 0, requestsDropped: 0 };
  const parts: AppParts = {
    store: opened,
    readNow: opened.reader.report,
    secret,
    names: createNames((sentence) => log.warn(sentence)),
    clock: systemClock,
    tunnels: createTunnels(),
    standings: createStandings(),
    mayDebug: (x) => dev || auth.holdsToken(x, "read"),
    demoUpstream,
    scriptFile: join(distDir, "track.js"),
    missed,
    takenBy: process.pid,
    warn: (sentence) => log.warn(sentence),
    onError: reportError(log),
    counters,
  };
  setInterval(() => tellMissed(missed), 1000).unref();
  side = await openPublicSide(config, parts, log, {
    tickets,
    inherited: () => undefined,
    portHint: String, // the owner opens the ports
    bound: { bound, secure },
    processName: `worker ${cluster.worker?.id}`,
    places: {
      entered: (no, network) => tellPlace({ kind: "entered", no, network }),
      left: (no) => tellPlace({ kind: "left", no }),
    },
  });
  collectAtRest();
  boundYoungGeneration();
  say({ kind: "ready" });
};

let placeNews: PlaceNews[] = [];

/** Once a turn of the event loop: connections come and go by the hundred. */
const tellPlace = (one: PlaceNews): void => {
  if (placeNews.length === 0) {
    setImmediate(() => {
      say({ kind: "places", news: placeNews });
      placeNews = [];
    });
  }
  placeNews.push(one);
};

const tellMissed = (missed: Missed): void => {
  if (missed.exposuresLate + missed.exposuresLost + missed.requestsDropped === 0) return;
  say({ kind: "missed", ...missed });
  missed.exposuresLate = 0;
  missed.exposuresLost = 0;
  missed.requestsDropped = 0;
};

const stop = async (): Promise<void> => {
  await side?.stop();
  await store?.close();
  process.exit(0);
};

let came = 0;

/** Once a turn, before the next reads what any of them says. */
const tellTaken = (): void => {
  if (came++ > 0) return;
  setImmediate(() => {
    say({ kind: "taken", connections: came });
    came = 0;
  });
};

/** The client may be gone before its connection comes here. */
const accept = (name: "http" | "https", socket: Socket | undefined): void => {
  tellTaken();
  if (!socket) return;
  if (side) side.take(name, socket);
  else socket.destroy();
};

/** The owner has looked over what can be wrong; what is wrong here alone, such as a file just removed, ends no visitor's request. */
const configure = (config: Config): void => {
  try {
    side?.apply(config);
  } catch (error) {
    log.error(
      `settings: ${error instanceof Error ? error.message : error}; this worker goes on with those of before`,
    );
  }
};

process.on("message", (message: ToWorker, socket?: Socket) => {
  if (message.kind === "connection") accept(message.name, socket);
  if (message.kind === "tickets") tickets.use(message.tickets);
  if (message.kind === "drain") void side?.drain().then(stop);
  if (message.kind === "outcome") store?.settle(message.outcome);
  if (message.kind === "figures") void side?.figures().then((figures) => say({ kind: "figures", figures }));
  if (message.kind === "cut") for (const no of message.connections) side?.cut(no);
  if (message.kind === "counted") counters.settle(message.answers);
  if (message.kind === "configure") configure(message.config);
  if (message.kind === "stop") void stop();
  if (message.kind === "serve") {
    serve(message).catch((error: unknown) => {
      say({ kind: "failed", sentence: error instanceof Error ? error.message : String(error) });
      setImmediate(() => process.exit(1));
    });
  }
});
// Without the owner nothing can be acknowledged.
// Without a listener the signal would open a debugger. The log's file is looked for anew with every piece.
process.on("SIGUSR1", () => side?.reopenLogs());
process.on("disconnect", () => process.exit(1));
// A terminal's Ctrl-C reaches every process; the owner decides when this one ends.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => {});
