/** The side that visitors meet: the listener with the app behind it. One in the owner process, or one in each worker. */
import type { Socket } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { type AccessLog, openAccessLog } from "./access-log/access-log.ts";
import { type App, type AppParts, createApp } from "./app.ts";
import { createWebsockets } from "./collect/websockets.ts";
import type { Config } from "./config/schema.ts";
import { createBodyRoom, roomBytes } from "./http/body-room.ts";
import type { Exchange } from "./http/exchange.ts";
import { HttpError } from "./http/http-error.ts";
import { hasBody } from "./http/request-body.ts";
import { requestId } from "./http/request-id.ts";
import { createHttpsSide, type SharedSockets, type SiteOptions } from "./https-side.ts";
import { systemClock } from "./lib/clock.ts";
import type { Log } from "./lib/log.ts";
import { createConnections, type PlacesElsewhere } from "./limit/connections.ts";
import { mostOpenFiles, watchOpenFiles } from "./limit/open-files.ts";
import { createPace } from "./limit/pace.ts";
import type { Bound } from "./listen/bind.ts";
import { createListener, type Times } from "./listen/listener.ts";
import type { HttpsRedirect } from "./listen/tls/redirect.ts";
import { refuseUpgrade } from "./listen/upgrades.ts";
import { watchProcess } from "./metrics/process-figures.ts";
import { createTally } from "./metrics/tally.ts";
import { type RequestWatch, watchRequests } from "./request-watch.ts";
import type { SideFigures } from "./side-figures.ts";

export interface PublicSide {
  readonly bound: Bound;
  /** where it is encrypted; null where it is not */
  readonly secure: Bound | null;
  /** Settings changed: requests from now on follow these; throws where they cannot be followed, and nothing changes. */
  apply(next: Config): void;
  /** The listening sockets, each with its address in the settings. */
  sockets(): readonly (readonly ["http" | "https", descriptor: number, address: string])[];
  /** What stands in the metrics of those who serve visitors. */
  figures(): Promise<SideFigures>;
  /** The file of the access log was moved. */
  reopenLogs(): void;
  /** Another process serves the addresses from now on; resolves when the last connection here is over. */
  drain(): Promise<void>;
  /** Lets running requests finish, within the time of the settings. */
  stop(): Promise<void>;
}

/** A public side whose connections another process accepts. */
export interface FedSide extends PublicSide {
  take(name: "http" | "https", socket: Socket): void;
  /** All processes together have too many connections: this one of ours ends. */
  cut(no: number): void;
}

export interface SocketParts extends SharedSockets {
  /** makes the end of a sentence of an option for a free port */
  readonly portHint: (option: string) => string;
  /** this process in the metrics */
  readonly processName?: string | undefined;
  /** told of the connections that are open, where other processes have some of them */
  readonly places?: PlacesElsewhere | undefined;
  /** where another process accepts the connections; this one opens nothing then */
  readonly bound?: { readonly bound: Bound; readonly secure: Bound | null } | undefined;
}

/** What the listener in the clear does otherwise where its visitors belong on https. */
const toHttps = (
  { layer, refusal }: HttpsRedirect,
  { handler, upgrades }: SiteOptions,
  watch: Pick<RequestWatch, "upgrade">,
): Partial<SiteOptions> => ({
  handler: layer(handler),
  lane: undefined,
  ...(upgrades && {
    upgrades: {
      ...upgrades,
      take(x, socket, head) {
        const moved = refusal(x);
        if (moved === null) {
          upgrades.take(x, socket, head);
          return;
        }
        watch.upgrade(x, socket, head);
        refuseUpgrade(socket, moved);
      },
    },
  }),
});

/** Opens the public listeners; rejects with one sentence when it cannot. */
export const openPublicSide = async (
  initial: Config,
  parts: AppParts,
  log: Log,
  sockets: SocketParts,
): Promise<FedSide> => {
  const { portHint } = sockets;
  const websockets = createWebsockets();
  const tally = createTally();
  let book = openBook(initial, log);
  const watch = watchRequests({ tally, isTrusted: (address) => app.isTrusted(address), log: () => book });
  const bodies = createBodyRoom(roomBytes(initial.limits), () => tally.refused("memory"));
  const appParts: AppParts = { ...parts, websockets, bodies, tally, onHit: watch.hit };
  let app: App = createApp(initial, appParts);
  websockets.follow(app.frames);
  const files = watchOpenFiles(mostOpenFiles(), (sentence) => log.warn(sentence));
  const connections = createConnections(initial.limits, (address) => app.isTrusted(address), {
    files,
    onRefused: tally.refused,
    elsewhere: sockets.places,
  });
  const processWatch = watchProcess(() => ({
    openConnections: connections.open,
    openRequests: watch.openRequests,
    openWebsockets: watch.openWebsockets,
  }));
  let current = initial;
  const pace = createPace(initial.limits, () => performance.now(), tally.refused);
  const options: SiteOptions = {
    headerBytes: initial.limits.headerBytes,
    clock: systemClock,
    siteOf: (host) => app.siteOf(host),
    isTrusted: (address) => app.isTrusted(address),
    onError: reportError(log),
    handler(x) {
      if (hasBody(x.req)) pace.watch(x);
      return app.handler(x);
    },
    lane: (request) => app.lane(request),
    enter: (socket) => connections.enter(socket),
    watch: watch.request,
    onMalformed: watch.malformed,
    times: timesOf(initial),
    upgrades: {
      claims: (req) => app.upgrades.claims(req),
      take(x, socket, head) {
        watch.upgrade(x, socket, head);
        app.upgrades.take(x, socket, head);
      },
      async close() {
        parts.tunnels?.close();
        await websockets.close();
      },
    },
  };
  let stop = (): Promise<void> => app.close();
  try {
    const https = createHttpsSide(initial, options, sockets, log);
    const { stopSeconds, drainSeconds } = initial.listen;
    const listener = createListener({
      ...options,
      address: initial.listen.http,
      inherited: sockets.inherited("http", initial.listen.http),
      portHint: (free) => portHint(`--http ${free}`),
      first: https.first,
      ...(https.redirect && toHttps(https.redirect, options, watch)),
    });
    stop = async () => {
      await Promise.all([https.stop(), listener.stop(stopSeconds * 1000)]);
      pace.close();
      files.close();
      processWatch.close();
      await app.close();
      await book?.close();
    };
    if (sockets.bound) https.follow(sockets.bound.bound, sockets.bound.secure);
    const bound = sockets.bound?.bound ?? (await listener.listen());
    const secure = sockets.bound
      ? sockets.bound.secure
      : await https.listen(bound, (free) => portHint(`--https ${free}`));
    return {
      bound,
      secure,
      cut: (no) => connections.cut(no),
      reopenLogs: () => book?.reopen(),
      figures: async () => ({
        counts: tally.counts(),
        processes: { [sockets.processName ?? "owner"]: processWatch.figures() },
        upstreams: app.upstreams(),
        certificates: https.certificates(),
        accessLogDropped: book?.dropped ?? 0,
      }),
      take: (name, socket) => (name === "http" ? listener : https).take(socket),
      sockets: () =>
        (["http", "https"] as const).flatMap((name) => {
          const descriptor = (name === "http" ? listener : https).descriptor();
          return descriptor === null ? [] : [[name, descriptor, initial.listen[name]] as const];
        }),
      async drain() {
        const times = [stopSeconds * 1000, drainSeconds * 1000] as const;
        await Promise.all([https.drain(...times), listener.drain(...times)]);
      },
      apply(next) {
        // All that may fail comes first, so that settings that cannot be followed change nothing.
        const made = createApp(next, appParts);
        try {
          https.apply(next);
        } catch (error) {
          void made.close();
          throw error;
        }
        const before = app;
        app = made;
        if (!isDeepStrictEqual(next.accessLog, current.accessLog)) {
          void book?.close();
          book = openBook(next, log);
        }
        current = next;
        websockets.follow(app.frames);
        connections.follow(next.limits, (address) => app.isTrusted(address));
        pace.follow(next.limits);
        bodies.follow(roomBytes(next.limits));
        void before.close();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

const openBook = ({ accessLog }: Config, log: Log): AccessLog | null =>
  accessLog && openAccessLog(accessLog, process.stdout, (sentence) => log.warn(sentence));

const timesOf = ({ limits }: Config): Times => ({
  headersMs: limits.headerSeconds * 1000,
  idleMs: limits.keepAliveSeconds * 1000,
  stalledMs: limits.stalledSeconds * 1000,
});

export const reportError =
  (log: Log) =>
  (error: unknown, x: Pick<Exchange, "req" | "host" | "path" | "id"> | null): void => {
    const where = x ? `${x.req.method} ${x.host}${x.path.slice(0, 200)}: ` : "";
    const id = x ? ` (request ${requestId(x)})` : "";
    const sentence = `${where}${error instanceof Error ? error.message : String(error)}${id}`;
    if (error instanceof HttpError && error.status < 500)
      log.warn(sentence); // a refusal says why, all of it
    else log.error(sentence, error);
  };
