/**
 * `turnpike start`: builds every room, joins them, starts, and stops them in reverse order of birth.
 */
import { join } from "node:path";
import { distDir, needsBuild } from "../setup/build/dist.ts";
import type { DemoUpstream } from "../setup/demo/server.ts";
import { adminCommands } from "./admin-commands.ts";
import { openAdminDoor } from "./admin-door.ts";
import { admin, type Reloaded } from "./api/admin.ts";
import { createAuth, type KnownToken } from "./api/auth.ts";
import { sitesOf } from "./app.ts";
import { formatBanner } from "./banner.ts";
import type { Io, StartOptions } from "./commands/context.ts";
import { loadedOrThrow } from "./commands/settings-options.ts";
import { loadConfig } from "./config/load.ts";
import type { Config } from "./config/schema.ts";
import { openDataSide, projectionSettings } from "./data-side.ts";
import type { DevOutput } from "./dev-output.ts";
import { createNames } from "./document/cookie-names.ts";
import { createHandover, restartOnSignal } from "./handover.ts";
import { findPredecessor, type Predecessor } from "./handover-predecessor.ts";
import { openHandedData } from "./handover-store.ts";
import type { Exchange } from "./http/exchange.ts";
import { systemClock } from "./lib/clock.ts";
import { collectAtRest } from "./lib/collect-at-rest.ts";
import { createLog, type Log } from "./lib/log.ts";
import { shortPath } from "./lib/short-path.ts";
import { boundYoungGeneration } from "./lib/young-generation.ts";
import { openCounters } from "./limit/open-counters.ts";
import type { Bound } from "./listen/bind.ts";
import { createListener } from "./listen/listener.ts";
import { createTicketKeys } from "./listen/tls/ticket-keys.ts";
import { watchProcess } from "./metrics/process-figures.ts";
import { addressOf } from "./proxy/settings.ts";
import { createTunnels } from "./proxy/tunnels.ts";
import { openPublicSide, reportError } from "./public-side.ts";
import { quotaStoreOf } from "./quota-store.ts";
import { readMetrics } from "./read-metrics.ts";
import { createReload, reloadOnSave, reloadOnSignal } from "./reload.ts";
import { addFigures, type SideFigures } from "./side-figures.ts";
import { refuseUnusable } from "./sink-plugins.ts";
import { openSinks, type Sinks } from "./sinks.ts";
import { type Leaving, leaveTo } from "./stand-in.ts";
import { otherPorts, startAgain } from "./start-again.ts";
import { createStatic } from "./static/static.ts";
import { giveAdminToken } from "./store/admin-token.ts";
import { readSecret } from "./store/secret.ts";
import type { WriterAhead } from "./writer-ahead.ts";

/**
 * Runs the gateway until it is told to stop; answers the exit code. Throws one sentence when it cannot start. What few
 * settings or flags ask for is imported where they do: a start should take less than a second.
 */
export const start = async (options: StartOptions, io: Io, writer?: WriterAhead): Promise<number> => {
  process.on("SIGUSR2", ignore); // its default is to end the process, which is just starting, or leaving
  const predecessor = findPredecessor();
  const log = createLog(io.stdout, io.isTerminal);
  const closers: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const one of closers.splice(0).reverse()) await one();
  };
  try {
    const loaded = loadedOrThrow(loadConfig(options.load));
    const stopped = untilStopped(io.signal);
    const running = await run(loaded, options, io, log, predecessor, closers, writer);
    const successor = await Promise.race([stopped, running.taken]);
    if (successor) {
      const predecessorGone = predecessor?.gone ?? null;
      return await leaveTo({
        ...running,
        successor,
        predecessorGone,
        stopped,
        close,
        isTerminal: io.isTerminal,
      });
    }
    if (io.isTerminal) io.stdout.write("\n");
    log.info("stopping: running requests finish, then the store closes");
    await running.cancel();
    return 0;
  } catch (error) {
    predecessor?.failed(error instanceof Error ? error.message : String(error));
    throw error;
  } finally {
    await close();
    predecessor?.leave();
    process.off("SIGUSR2", ignore);
  }
};

const ignore = (): void => {};

const build = async (): Promise<void> => (await import("../setup/build.ts")).buildAll();

const openDevOutput = async ({ stdout }: Io): Promise<DevOutput> =>
  (await import("./dev-output.ts")).createDevOutput((text) => stdout.write(text));

const startDemo = async (admin: string): Promise<DemoUpstream> =>
  (await import("../setup/demo/server.ts")).startDemoUpstream({ admin });

const run = async (
  {
    config: initial,
    file,
    folder,
  }: { readonly config: Config; readonly file: string | null; readonly folder: string },
  options: StartOptions,
  io: Io,
  log: Log,
  predecessor: Predecessor | null,
  closers: (() => Promise<void> | void)[],
  writer: WriterAhead | undefined,
): Promise<Leaving> => {
  const door = openAdminDoor(initial, log);
  closers.push(() => door.close());
  const built = needsBuild().then((needed) => (needed ? build() : undefined));
  built.catch(() => {}); // it is told where it is waited for, which is later
  const { dir } = initial.data;
  const output = options.dev ? await openDevOutput(io) : null;
  const tickets = createTicketKeys();
  closers.push(() => tickets.close());
  if (predecessor) {
    await built; // all that can be done while it still serves
    const given = await predecessor.folder();
    if (given) tickets.use(given);
  }
  let config = initial;
  let ahead = writer; // good for the first time that this process has the folder
  let sinks: Sinks | null = null;
  const data = await openHandedData({
    dir,
    pendingEvents: initial.limits.pendingEvents,
    open() {
      const first = ahead;
      ahead = undefined;
      return openDataSide(initial, output, log, first);
    },
    async openBeside(own) {
      sinks = await openSinks({
        config: { ...config, data: initial.data },
        folder,
        store: own,
        log,
        clock: systemClock,
      });
      return sinks;
    },
  });
  closers.push(() => data.close());
  const { store } = data;
  const secret = readSecret(dir);
  const tokens = () => store.reader.report("tokens", {}) as unknown as readonly KnownToken[]; // the report's columns
  const auth = createAuth({ secret, clock: systemClock, tokens });
  const token = await giveAdminToken(store, dir, options.adminToken);
  await built;

  const missed = { exposuresLate: 0, exposuresLost: 0, requestsDropped: 0 };
  if (output) closers.push(output.follow(store.reader.people, () => config));
  let siteUrl = "";
  let figures = async (): Promise<SideFigures> => addFigures([]); // until somebody serves visitors
  // Where workers serve visitors, this process is one of its own.
  const ownProcess = initial.workers > 1 ? watchProcess(() => noOpenOnes) : null;
  closers.push(() => ownProcess?.close());
  let reload = async (): Promise<Reloaded> => ({
    kind: "refused",
    mistakes: ["it is just starting: try again in a moment"],
  });
  const adminListener = createListener({
    address: initial.listen.admin,
    tls: door.tls,
    inherited: predecessor?.socketFor("admin", initial.listen.admin),
    headerBytes: initial.limits.headerBytes,
    clock: systemClock,
    siteOf: () => sitesOf(config)[0] ?? null,
    isTrusted: () => false,
    // Both: what holds the one port is often another Turnpike, which has the other as well.
    portHint: (free) => startAgain(io.env, options, `--admin ${free} ${otherPorts(initial)}`),
    onError: reportError(log),
    handler: admin({
      auth,
      pages: createStatic({ dir: join(distDir, "dashboard"), index: "index.html" }),
      answersFor: (host) => door.answersFor(host, adminBound),
      health: {
        dir,
        trouble: () => store.trouble(),
        pending: () => store.pending(),
        pendingLimit: () => config.limits.pendingEvents,
        certificates: async () => (await figures()).certificates,
        now: systemClock,
      },
      metrics: () =>
        readMetrics({
          store,
          dir,
          now: systemClock,
          side: () => figures(),
          sinks: () => sinks?.status() ?? [],
          missed: () => ({ ...missed }),
          owner: () => ownProcess?.figures() ?? null,
        }),
      commands: adminCommands(store, data.keeper, () => reload()),
      source: {
        store,
        lastSeq: () => store.reader.lastSeq(),
        perSecond: () => store.perSecond(systemClock()),
        trouble: () => store.trouble(),
        experiments: () => config.experiments,
        siteUrl: () => siteUrl,
        snippet: () =>
          `<script src="${siteUrl}${config.tracking.scriptPath}" data-site="${config.sites[0]?.id}" async></script>`,
        demo: () => usesDemo(config),
        missed: () => ({ ...missed }),
        now: systemClock,
      },
    }),
  });
  const adminBound = await adminListener.listen();
  closers.push(() => adminListener.stop(1000));
  const adminUrl = `${door.tls ? "https" : "http"}://${urlHost(adminBound)}:${adminBound.port}`;

  const counters = await openCounters(initial.limits, {
    secret,
    clock: systemClock,
    warn: (sentence) => log.warn(sentence),
    days: quotaStoreOf(store),
  });
  closers.push(() => counters.close());
  const demo = usesDemo(initial) ? await startDemo(adminUrl) : null;
  if (demo) closers.push(() => demo.close());
  const parts = {
    store,
    secret,
    names: createNames((sentence) => log.warn(sentence)),
    clock: systemClock,
    tunnels: createTunnels(),
    mayDebug: (x: Exchange) => options.dev || auth.holdsToken(x, "read"),
    demoUpstream: demo?.url ?? null,
    scriptFile: join(distDir, "track.js"),
    missed,
    counters,
    warn: (sentence: string) => log.warn(sentence),
    onError: reportError(log),
  };
  const sockets = {
    tickets,
    inherited: (name: "http" | "https", address: string) => predecessor?.socketFor(name, address),
    portHint: (ports: string) => startAgain(io.env, options, ports),
  };
  const side =
    config.workers > 1
      ? await (await import("./fleet.ts")).startFleet(config, {
          store,
          missed,
          counters,
          dev: options.dev,
          demoUpstream: parts.demoUpstream,
          log,
          sockets,
        })
      : await openPublicSide(config, parts, log, sockets);
  closers.push(() => side.stop());
  figures = () => side.figures();
  closers.push(reopenOnSignal(() => side.reopenLogs()));
  const { bound, secure } = side;
  siteUrl = `http://${urlHost(bound)}:${bound.port}`;
  const secureUrl = secure && `https://${urlHost(secure)}:${secure.port}`;
  data.announce(`${door.tls ? "https://" : ""}${urlHost(adminBound)}:${adminBound.port}`);

  reload = createReload({
    file,
    load: options.load,
    initial,
    log,
    tryOut: (next) => refuseUnusable(next, folder),
    apply(next) {
      side.apply(next);
      config = next;
      sinks?.apply(next);
      store.configure(projectionSettings(next));
    },
  });
  if (options.dev && file) closers.push(reloadOnSave(file, reload));
  // A terminal that closes sends it to everything that runs in it: there it means to stop.
  const ignoreHangUps = io.isTerminal ? () => {} : reloadOnSignal(reload);
  closers.push(ignoreHangUps);
  const handover = createHandover({
    data,
    tickets: () => tickets.current(),
    days: counters.days,
    log,
    sockets() {
      const descriptor = adminListener.descriptor();
      const own = descriptor === null ? [] : [["admin", descriptor, initial.listen.admin] as const];
      return [...own, ...side.sockets()];
    },
  });
  const ignoreRestarts = restartOnSignal(options.dev ? null : handover, log);
  closers.push(ignoreRestarts);
  if (io.isTerminal) {
    const tokenFile = shortPath(join(dir, "admin-token"));
    const code = auth.newCode();
    io.stdout.write(
      formatBanner({
        siteUrl,
        secureUrl,
        adminUrl,
        code,
        token,
        tokenFile,
        dataDir: shortPath(dir),
        experiments: config.experiments,
      }),
    );
  } else {
    const encrypted = secureUrl === null ? {} : { secure: secureUrl };
    log.info("listening", { site: siteUrl, ...encrypted, dashboard: adminUrl, data: dir });
  }
  predecessor?.serving(store, counters.days);
  closers.push(collectAtRest());
  closers.push(boundYoungGeneration());
  return {
    taken: handover.taken,
    cancel: () => handover.cancel(),
    dir,
    retire() {
      ignoreHangUps();
      ignoreRestarts();
    },
    drain: async () => void (await Promise.all([side.drain(), adminListener.drain(1000, 10_000)])),
  };
};

const noOpenOnes = { openConnections: 0, openRequests: 0, openWebsockets: 0 };

/** After logrotate has moved files. Without a listener the signal would open a debugger. */
const reopenOnSignal = (reopen: () => void): (() => void) => {
  process.on("SIGUSR1", reopen);
  return () => process.off("SIGUSR1", reopen);
};

const usesDemo = (config: Config): boolean =>
  config.routes.some((route) => route.proxy?.upstreams.some((one) => addressOf(one) === "demo"));

/** The host to type into a browser for what a listener is bound to. */
const urlHost = ({ host }: Bound): string => {
  if (host === "::" || host === "0.0.0.0") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
};

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
const untilStopped = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const stop = () => {
      for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => process.exit(130));
      resolve();
    };
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
    signal?.addEventListener("abort", stop, { once: true });
  });
