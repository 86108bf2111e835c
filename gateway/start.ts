/**
 * `turnpike start`: builds every room, joins them, starts, and stops them in reverse order of birth.
 */
import { isIP } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { buildAll, distDir, needsBuild } from "../setup/build.ts";
import { startDemoUpstream } from "../setup/demo/server.ts";
import { admin, type Reloaded } from "./api/admin.ts";
import { createAuth, type KnownToken } from "./api/auth.ts";
import { sitesOf } from "./app.ts";
import { formatBanner } from "./banner.ts";
import type { Io, StartOptions } from "./commands/context.ts";
import { pinnedOf } from "./commands/keeping.ts";
import { loadedOrThrow } from "./commands/settings-options.ts";
import { loadConfig } from "./config/load.ts";
import type { Config } from "./config/schema.ts";
import { createDevOutput, type DevOutput } from "./dev-output.ts";
import { createNames } from "./document/cookie-names.ts";
import { startFleet } from "./fleet.ts";
import type { Exchange } from "./http/exchange.ts";
import { systemClock } from "./lib/clock.ts";
import { createLog, type Log } from "./lib/log.ts";
import { shortPath } from "./lib/short-path.ts";
import type { Bound } from "./listen/bind.ts";
import { createListener } from "./listen/listener.ts";
import type { ProjectionSettings } from "./projected-ledger.ts";
import { addressOf } from "./proxy/settings.ts";
import { createTunnels } from "./proxy/tunnel.ts";
import { openPublicSide, reportError, startAgain } from "./public-side.ts";
import { createReload, reloadOnSave, reloadOnSignal } from "./reload.ts";
import { createStatic } from "./static/static.ts";
import { giveAdminToken } from "./store/admin-token.ts";
import { holdOwnership } from "./store/owner.ts";
import { readSecret } from "./store/secret.ts";
import { createKeeper, type Keeper } from "./store/segments/keeper.ts";
import { startSchedule } from "./store/segments/schedule.ts";
import { openSqliteStore, type SqliteStore } from "./store/sqlite-store.ts";

/** Runs the gateway until it is told to stop; answers the exit code. Throws one sentence when it cannot start. */
export const start = async (options: StartOptions, io: Io): Promise<number> => {
  const loaded = loadedOrThrow(loadConfig(options.load));
  const log = createLog(io.stdout, io.isTerminal);
  const stopped = untilStopped(io.signal);
  const closers: (() => Promise<void> | void)[] = [];
  try {
    await run(loaded, options, io, log, closers);
    await stopped;
    if (io.isTerminal) io.stdout.write("\n");
    log.info("stopping: running requests finish, then the store closes");
    return 0;
  } finally {
    for (const close of closers.reverse()) await close();
  }
};

const run = async (
  { config: initial, file }: { readonly config: Config; readonly file: string | null },
  options: StartOptions,
  io: Io,
  log: Log,
  closers: (() => Promise<void> | void)[],
): Promise<void> => {
  refuseOpenAdmin(initial.listen.admin);
  const built = needsBuild().then((needed) => (needed ? buildAll() : undefined));
  const { dir } = initial.data;
  const ownership = holdOwnership(dir);
  closers.push(() => ownership.release());
  const secret = readSecret(dir);
  const output = options.dev ? createDevOutput((text) => io.stdout.write(text)) : null;
  const store = await openStore(initial, output, log);
  closers.push(() => store.close());
  const keeper = openKeeper(initial, store);
  closers.push(() => keeper.close());
  closers.push(
    startSchedule({
      ...initial.data,
      keeper,
      clock: systemClock,
      onError: (error) => log.warn(error instanceof Error ? error.message : String(error)),
    }),
  );
  const tokens = () => store.reader.report("tokens", {}) as unknown as readonly KnownToken[]; // the report's columns
  const auth = createAuth({ secret, clock: systemClock, tokens });
  const token = await giveAdminToken(store, dir, options.adminToken);
  await built;

  const missed = { exposuresLate: 0, exposuresLost: 0 };
  let config = initial;
  if (output) closers.push(output.follow(store.reader.people, () => config));
  let siteUrl = "";
  let reload = (): Reloaded => ({
    kind: "refused",
    mistakes: ["it is just starting: try again in a moment"],
  });
  const adminListener = createListener({
    address: initial.listen.admin,
    headerBytes: initial.limits.headerBytes,
    clock: systemClock,
    siteOf: () => sitesOf(config)[0] ?? null,
    isTrusted: () => false,
    // Both: what holds the one port is often another Turnpike, which has the other as well.
    portHint: (free) => startAgain(io.env, `--admin ${free} ${otherPorts(initial)}`),
    onError: reportError(log),
    handler: admin({
      auth,
      pages: createStatic({ dir: join(distDir, "dashboard"), index: "index.html" }),
      hosts: () => adminHosts(adminBound),
      health: {
        dir,
        trouble: () => store.trouble(),
        pending: () => store.pending(),
      },
      commands: { ...commandsOf(store, keeper), reload: () => reload() },
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
  const adminUrl = `http://${urlHost(adminBound)}:${adminBound.port}`;

  const demo = usesDemo(initial) ? await startDemoUpstream({ admin: adminUrl }) : null;
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
    warn: (sentence: string) => log.warn(sentence),
    onError: reportError(log),
  };
  const side =
    config.workers > 1
      ? await startFleet(config, { store, missed, dev: options.dev, demoUpstream: parts.demoUpstream, log })
      : await openPublicSide(config, parts, log, (option) => startAgain(io.env, option));
  closers.push(() => side.stop());
  const { bound, secure } = side;
  siteUrl = `http://${urlHost(bound)}:${bound.port}`;
  const secureUrl = secure && `https://${urlHost(secure)}:${secure.port}`;
  ownership.announce(`${urlHost(adminBound)}:${adminBound.port}`);

  reload = createReload({
    file,
    load: options.load,
    initial,
    log,
    apply(next) {
      side.apply(next);
      config = next;
      store.configure(projectionSettings(next));
    },
  });
  if (options.dev && file) closers.push(reloadOnSave(file, reload));
  // A terminal that closes sends it to everything that runs in it: there it means to stop.
  if (!io.isTerminal) closers.push(reloadOnSignal(reload));
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
};

const openStore = (config: Config, output: DevOutput | null, log: Log): Promise<SqliteStore> =>
  openSqliteStore({
    dir: config.data.dir,
    pendingEvents: config.limits.pendingEvents,
    startWriter: () =>
      new Worker(fileURLToPath(new URL("./writer.ts", import.meta.url)), {
        workerData: projectionSettings(config),
      }),
    onTrouble: (trouble) =>
      trouble
        ? log.warn(`${trouble}; events are refused with 503 until it is over`)
        : log.info("store: events are stored again"),
    ...(output ? { onStored: output.stored } : {}),
  });

const projectionSettings = (config: Config): ProjectionSettings => ({
  dir: config.data.dir,
  rejectsKept: config.data.rejectsKept,
  rejectDays: config.data.rejectDays,
  sites: config.sites.map(({ id, sessions }) => ({ id, sessions })),
  experiments: config.experiments,
});

const openKeeper = ({ data, ...config }: Config, store: SqliteStore): Keeper =>
  createKeeper({
    dir: data.dir,
    clock: systemClock,
    write: (what) => store.call({ kind: "segments", what }),
    journalDays: data.journalDays,
    pinned: pinnedOf(config),
  });

const commandsOf = (store: SqliteStore, keeper: Keeper) => ({
  storage: keeper,
  createToken: async (name: string, role: "read" | "write" | "admin") =>
    String(await store.call({ kind: "create-token", name, role })),
  listTokens: () => store.call({ kind: "list-tokens" }),
  revokeToken: async (name: string) => (await store.call({ kind: "revoke-token", name })) === true,
  rebuildExperiments: async () => Number(await store.call({ kind: "rebuild-experiments" })),
  removeDemo: async () => Number(await store.call({ kind: "remove-demo" })),
});

/** The options that move the other listeners out of the way of another Turnpike's. */
const otherPorts = ({ listen, tls }: Config): string =>
  `--http ${nextPort(listen.http)}${tls.mode === "off" ? "" : ` --https ${nextPort(listen.https)}`}`;

const nextPort = (address: string): string =>
  address.replace(/\d+$/, (port) => String(Number(port) > 65_525 ? Number(port) - 10 : Number(port) + 10));

const usesDemo = (config: Config): boolean =>
  config.routes.some((route) => route.proxy?.upstreams.some((one) => addressOf(one) === "demo"));

/** Without encryption a token would cross the network in the clear. */
const refuseOpenAdmin = (address: string): void => {
  const host = address.slice(0, address.lastIndexOf(":")).replace(/^\[(.*)\]$/, "$1");
  if (host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."))) return;
  throw new Error(
    `listen.admin: ${address} is reachable from other machines, which needs TLS: use 127.0.0.1:PORT and reach it through an SSH tunnel`,
  );
};

const adminHosts = ({ host, port }: Bound): readonly string[] => [
  `localhost:${port}`,
  `127.0.0.1:${port}`,
  `[::1]:${port}`,
  `${host.includes(":") ? `[${host}]` : host}:${port}`,
];

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
