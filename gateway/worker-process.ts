/** A worker process of `workers: n`: the public side alone, its store in the owner's hands. */
import { join } from "node:path";
import { RateLimiterCluster } from "rate-limiter-flexible";
import { distDir } from "../setup/build.ts";
import { createAuth, type KnownToken } from "./api/auth.ts";
import type { AppParts } from "./app.ts";
import { createNames } from "./document/cookie-names.ts";
import type { FromWorker, ToWorker } from "./fleet-messages.ts";
import { systemClock } from "./lib/clock.ts";
import { createLog } from "./lib/log.ts";
import { createTunnels } from "./proxy/tunnel.ts";
import { openPublicSide, type PublicSide, reportError, startAgain } from "./public-side.ts";
import { openRemoteStore, type RemoteStore } from "./store/remote-store.ts";
import { readSecret } from "./store/secret.ts";

type Serve = Extract<ToWorker, { kind: "serve" }>;

const log = createLog(process.stdout, process.stdout.isTTY === true);
const say = (message: FromWorker): void => void process.send?.(message, undefined, {}, () => {});
let store: RemoteStore | null = null;
let side: PublicSide | null = null;

const serve = async ({ config, dev, demoUpstream }: Serve): Promise<void> => {
  const { dir } = config.data;
  const secret = readSecret(dir);
  const opened = openRemoteStore({
    dir,
    pendingEvents: config.limits.pendingEvents,
    post: (batch) => say({ kind: "append", batch }),
    onTrouble: () => {}, // the owner says it, once for all
  });
  store = opened;
  const tokens = () => opened.reader.report("tokens", {}) as unknown as readonly KnownToken[]; // the report's columns
  const auth = createAuth({ secret, clock: systemClock, tokens });
  const missed = { exposuresLate: 0, exposuresLost: 0 };
  const parts: AppParts = {
    store: opened,
    secret,
    names: createNames((sentence) => log.warn(sentence)),
    clock: systemClock,
    tunnels: createTunnels(),
    mayDebug: (x) => dev || auth.holdsToken(x, "read"),
    demoUpstream,
    scriptFile: join(distDir, "track.js"),
    missed,
    warn: (sentence) => log.warn(sentence),
    onError: reportError(log),
    counter: (points, duration) =>
      new RateLimiterCluster({ keyPrefix: `${points}/${duration}`, points, duration, timeoutMs: 3000 }),
  };
  setInterval(() => tellMissed(missed), 1000).unref();
  side = await openPublicSide(config, parts, log, (option) => startAgain(process.env, option));
  say({ kind: "listening", bound: side.bound, secure: side.secure });
};

const tellMissed = (missed: { exposuresLate: number; exposuresLost: number }): void => {
  if (missed.exposuresLate + missed.exposuresLost === 0) return;
  say({ kind: "missed", ...missed });
  missed.exposuresLate = 0;
  missed.exposuresLost = 0;
};

const stop = async (): Promise<void> => {
  await side?.stop();
  await store?.close();
  process.exit(0);
};

process.on("message", (message: ToWorker) => {
  if (message.kind === "outcome") store?.settle(message.outcome);
  if (message.kind === "configure") side?.apply(message.config);
  if (message.kind === "stop") void stop();
  if (message.kind === "serve") {
    serve(message).catch((error: unknown) => {
      say({ kind: "failed", sentence: error instanceof Error ? error.message : String(error) });
      setImmediate(() => process.exit(1));
    });
  }
});
// Without the owner nothing can be acknowledged.
process.on("disconnect", () => process.exit(1));
// A terminal's Ctrl-C reaches every process; the owner decides when this one ends.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => {});
