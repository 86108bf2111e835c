/**
 * `turnpike start`: builds every room, joins them, starts, and stops them in reverse order of birth.
 */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { distDir } from "../setup/build/dist.ts";
import type { DemoUpstream } from "../setup/demo/server.ts";
import { openAdminDoor } from "./admin-door.ts";
import { type Live, openAdminSide, urlHost, usesDemo } from "./admin-side.ts";
import { createAuth } from "./api/auth.ts";
import { knownTokens } from "./api/known-tokens.ts";
import { formatBanner } from "./banner.ts";
import { buildPages } from "./build-pages.ts";
import { CommandError, type Io, type StartOptions } from "./commands/context.ts";
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
import { uncertified } from "./listen/tls/settings.ts";
import { createTicketKeys } from "./listen/tls/ticket-keys.ts";
import { watchProcess } from "./metrics/process-figures.ts";
import { createStandings } from "./proxy/standings.ts";
import { createTunnels } from "./proxy/tunnels.ts";
import { openPublicSide, reportError } from "./public-side.ts";
import { quotaStoreOf } from "./quota-store.ts";
import { createReload, reloadOnSave, reloadOnSignal } from "./reload.ts";
import type { ReadNow } from "./shown-variants.ts";
import { addFigures } from "./side-figures.ts";
import { reopenOnSignal, untilStopped } from "./signals.ts";
import { refuseUnusable } from "./sink-plugins.ts";
import { openSinks } from "./sinks.ts";
import { type Leaving, leaveTo } from "./stand-in.ts";
import { otherPorts, startAgain } from "./start-again.ts";
import { giveAdminToken } from "./store/admin-token.ts";
import { readSecret } from "./store/secret.ts";
import type { WriterAhead } from "./writer-ahead.ts";

/**
 * Runs the gateway until it is told to stop; answers the exit code. Throws one sentence when it cannot start. What few
 * settings or flags ask for is imported where they do: a start should take less than a second.
 */
export const start = async (options: StartOptions, io: Io, writer?: WriterAhead): Promise<number> => {
  const predecessor = findPredecessor();
  const log = createLog(io.stdout, io.isTerminal);
  const closers: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const one of closers.splice(0).reverse()) await one();
  };
  const stopped = untilStopped(io.signal);
  try {
    const loaded = loadedOrThrow(loadConfig(options.load));
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
    const sentence = error instanceof Error ? error.message : String(error);
    predecessor?.failed(sentence);
    if (error instanceof CommandError || !(await isTold(stopped))) throw error;
    log.info(`stopping: it had not come up yet (${sentence})`);
    return 0;
  } finally {
    await close();
    predecessor?.leave();
  }
};

/** A stop that goes to all processes at once ends workers that are loading, maybe before this one has heard of it. */
const isTold = (stopped: Promise<void>): Promise<boolean> =>
  Promise.race([stopped.then(() => true), sleep(100, false)]);

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
  for (const bare of uncertified(
    initial.tls,
    [...initial.sites, ...initial.routes].flatMap(({ hosts }) => hosts),
  ))
    log.warn(`tls: ${bare}`);
  const door = openAdminDoor(initial, log);
  closers.push(() => door.close());
  const built = buildPages();
  built.catch(() => {}); // it is told where it is waited for, which is later
  const { dir } = initial.data;
  const output = options.dev ? await openDevOutput(io) : null;
  const tickets = createTicketKeys();
  closers.push(() => tickets.close());
  if (predecessor) {
    predecessor.sharesFolder(dir);
    await built; // all that can be done while it still serves
    const given = await predecessor.folder();
    if (given) tickets.use(given);
  }
  const live: Live = {
    config: initial,
    siteUrl: "",
    sinks: null,
    figures: async () => addFigures([]), // until somebody serves visitors
    reload: async () => ({ kind: "refused", mistakes: ["it is just starting: try again in a moment"] }),
  };
  let ahead = writer; // good for the first time that this process has the folder
  const data = await openHandedData({
    dir,
    limits: initial.limits,
    open() {
      const first = ahead;
      ahead = undefined;
      return openDataSide(initial, output, log, first);
    },
    async openBeside(own) {
      live.sinks = await openSinks({
        config: { ...live.config, data: initial.data },
        folder,
        store: own,
        log,
        clock: systemClock,
      });
      return live.sinks;
    },
  });
  closers.push(() => data.close());
  const { store } = data;
  const secret = readSecret(dir);
  const tokens = () => knownTokens(store.reader.report("tokens", {}));
  const auth = createAuth({ secret, clock: systemClock, tokens });
  const token = await giveAdminToken(store, dir, options.adminToken);
  await built;

  const missed = { exposuresLate: 0, exposuresLost: 0, requestsDropped: 0 };
  if (output) closers.push(output.follow(store.reader.people, () => live.config));
  // Where workers serve visitors, this process is one of its own.
  const ownProcess = initial.workers > 1 ? watchProcess(() => noOpenOnes) : null;
  closers.push(() => ownProcess?.close());
  const adminSide = await openAdminSide({
    live,
    door,
    auth,
    store,
    keeper: data.keeper,
    missed,
    ownProcess,
    inherited: predecessor?.socketFor("admin", initial.listen.admin),
    // Both: what holds the one port is often another Turnpike, which has the other as well.
    portHint: (free) => startAgain(io.env, options, `--admin ${free} ${otherPorts(initial)}`),
    log,
  });
  closers.push(() => adminSide.listener.stop(1000));

  const counters = await openCounters(initial.limits, {
    secret,
    clock: systemClock,
    warn: (sentence) => log.warn(sentence),
    days: quotaStoreOf(store),
  });
  closers.push(() => counters.close());
  const demo = usesDemo(initial) ? await startDemo(adminSide.url) : null;
  if (demo) closers.push(() => demo.close());
  const parts = {
    store,
    readNow: (...asked: Parameters<ReadNow>) => store.reader.report(...asked), // of whoever has the folder
    secret,
    names: createNames((sentence) => log.warn(sentence)),
    clock: systemClock,
    tunnels: createTunnels(),
    standings: createStandings(),
    mayDebug: (x: Exchange) => options.dev || auth.holdsToken(x, "read"),
    demoUpstream: demo?.url ?? null,
    scriptFile: join(distDir, "track.js"),
    missed,
    counters,
    ...(predecessor && { takenBy: process.pid }), // for a moment both take hits
    warn: (sentence: string) => log.warn(sentence),
    onError: reportError(log),
  };
  const sockets = {
    tickets,
    inherited: (name: "http" | "https", address: string) => predecessor?.socketFor(name, address),
    portHint: (ports: string) => startAgain(io.env, options, ports),
  };
  const side =
    initial.workers > 1
      ? await (await import("./fleet.ts")).startFleet(initial, {
          store,
          missed,
          counters,
          dev: options.dev,
          demoUpstream: parts.demoUpstream,
          log,
          sockets,
        })
      : await openPublicSide(initial, parts, log, sockets);
  closers.push(() => side.stop());
  live.figures = () => side.figures();
  closers.push(reopenOnSignal(() => side.reopenLogs()));
  const { bound, secure } = side;
  live.siteUrl = `http://${urlHost(bound)}:${bound.port}`;
  const secureUrl = secure && `https://${urlHost(secure)}:${secure.port}`;
  data.announce(adminSide.url.replace(/^http:\/\//, ""));

  live.reload = createReload({
    file,
    load: options.load,
    initial,
    log,
    tryOut: (next) => refuseUnusable(next, folder),
    apply(next) {
      side.apply(next);
      live.config = next;
      live.sinks?.apply(next);
      store.configure(projectionSettings(next));
    },
  });
  if (options.dev && file) closers.push(reloadOnSave(file, () => live.reload()));
  // A terminal that closes sends it to everything that runs in it: there it means to stop.
  const ignoreHangUps = io.isTerminal ? () => {} : reloadOnSignal(() => live.reload());
  closers.push(ignoreHangUps);
  const handover = createHandover({
    dir,
    data,
    tickets: () => tickets.current(),
    days: counters.days,
    log,
    sockets() {
      const descriptor = adminSide.listener.descriptor();
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
        siteUrl: live.siteUrl,
        secureUrl,
        adminUrl: adminSide.url,
        code,
        token,
        tokenFile,
        dataDir: shortPath(dir),
        experiments: live.config.experiments,
      }),
    );
  } else {
    const encrypted = secureUrl === null ? {} : { secure: secureUrl };
    log.info("listening", { site: live.siteUrl, ...encrypted, dashboard: adminSide.url, data: dir });
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
    drain: async () => void (await Promise.all([side.drain(), adminSide.listener.drain(1000, 10_000)])),
  };
};

const noOpenOnes = { openConnections: 0, openRequests: 0, openWebsockets: 0 };
