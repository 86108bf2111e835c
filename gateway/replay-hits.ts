/**
 * Feeds recorded requests through the program as it runs, without sockets: the same collection, decoders, enrichment
 * and projections, with the clock held at each request's own time. Nothing is sent anywhere.
 */
import { devNull } from "node:os";
import { type App, createApp } from "./app.ts";
import type { CollectRequest } from "./collect/request.ts";
import type { Config } from "./config/schema.ts";
import { createNames } from "./document/cookie-names.ts";
import { HttpError } from "./http/http-error.ts";
import { clientOf } from "./lib/ip.ts";
import { hostOf, parseTarget } from "./listen/target.ts";
import type { Keyed } from "./model/event.ts";
import type { EventStore, RejectedHit } from "./model/event-store.ts";
import type { RecordedRequest } from "./model/recorded-request.ts";
import { openProjectedLedger } from "./projected-ledger.ts";
import { createRestore, readRestoredLogins } from "./recorded-secrets.ts";
import { sitesOf } from "./sites-of.ts";
import type { Ledger } from "./store/ledger.ts";
import type { Ownership } from "./store/owner.ts";
import { readSecret } from "./store/secret.ts";
import { bodyOf } from "./store/stored-event.ts";

export interface Replayed {
  /** requests that went through */
  readonly requests: number;
  /** events of these that were stored now */
  readonly stored: number;
  /** events that had been stored before */
  readonly doubles: number;
  /** what could not be read at all */
  readonly rejects: number;
  /** HTTP status → how many requests were refused with it */
  readonly refused: ReadonlyMap<number, number>;
}

export interface Replay {
  /** Sends one request through and answers its status; its events are on disk once `flush` or `close` has run. */
  take(request: RecordedRequest): Promise<number>;
  /** Commits what was taken. */
  flush(): void;
  readonly done: Replayed;
  /** Commits, lets the projections follow to the end, and gives the folder back. */
  close(): Promise<void>;
}

/** Opens the settings' data folder, which is ours, for a replay that commits every `batchRequests` requests. */
export const openReplay = (config: Config, ownership: Ownership, batchRequests: number): Replay => {
  const { dir } = config.data;
  const sites = sitesOf(config);
  let now = 0;
  const clock = () => now;
  const ledger = openProjectedLedger(
    { ...config.data, sites: config.sites, experiments: config.experiments },
    clock,
  );
  const sink = createSink(ledger);
  const app = createApp(withoutRoutes(config), {
    store: sink.store,
    secret: readSecret(dir),
    names: createNames(() => {}),
    clock,
    mayDebug: () => false,
    demoUpstream: null,
    scriptFile: devNull, // the script is no event
    missed: { exposuresLate: 0, exposuresLost: 0, requestsDropped: 0 },
    logins: readRestoredLogins(sites),
    onError(error) {
      throw error; // a fault of ours must not pass as a refusal
    },
  });
  const restore = createRestore(sites);
  const refused = new Map<number, number>();
  let requests = 0;

  const answer = async (request: RecordedRequest): Promise<number> => {
    const asked = requestOf(restore(request), app);
    if (typeof asked === "number") return asked;
    return asked.body.length > config.limits.bodyBytes ? 413 : (await app.collector.take(asked)).status;
  };

  return {
    async take(request) {
      now = request.at;
      const status = await answer(request);
      requests++;
      if (status >= 400) refused.set(status, (refused.get(status) ?? 0) + 1);
      if (requests % batchRequests === 0) sink.flush();
      return status;
    },
    flush: () => sink.flush(),
    get done() {
      return { requests, refused, ...sink.counts() };
    },
    async close() {
      try {
        sink.flush();
        await app.close();
      } finally {
        ledger.close();
        ownership.release();
      }
    },
  };
};

/** No upstream may hear of a replay, and it is not recorded again. */
const withoutRoutes = (config: Config): Config => ({ ...config, routes: [], recordHits: null });

/** The request as collection takes it; a status instead where the listener would have refused it. */
const requestOf = (
  { at, method, url, headers, body, remoteAddress, takenBy }: RecordedRequest,
  { siteOf, isTrusted }: Pick<App, "siteOf" | "isTrusted">,
): CollectRequest | number => {
  try {
    const { path, query, authority } = parseTarget(method, url, headers["host"] ?? "localhost");
    const host = hostOf(authority);
    const site = siteOf(host);
    if (!site) return 421;
    const address = clientOf(remoteAddress ?? undefined, headers, isTrusted);
    const hasBody = method === "POST" || method === "PUT";
    return {
      site,
      receivedAt: at,
      method,
      path,
      query,
      host,
      secure: false, // it decides on cookies alone, and nobody is there to keep one
      address,
      headers,
      body: hasBody ? body : "",
      debugs: false,
      ...(takenBy !== undefined && { takenBy }),
    };
  } catch (error) {
    if (error instanceof HttpError) return error.status;
    throw error;
  }
};

/** Rows that the projections follow in one transaction. */
const sliceRows = 1000;

/** A store that keeps what it is given until it is told to commit. */
const createSink = (ledger: Ledger) => {
  let lines: string[] = [];
  let keyTimes: (number | null)[] = [];
  let rejects: RejectedHit[] = [];
  const counted = { stored: 0, doubles: 0, rejects: 0 };
  const store: EventStore = {
    async append(events: readonly Keyed[]) {
      for (const { event, keyTime } of events) {
        lines.push(bodyOf(event));
        keyTimes.push(keyTime);
      }
    },
    reject(hit) {
      rejects.push(hit);
    },
    read: () => [],
    report: async () => [],
  };
  return {
    store,
    counts: () => ({ ...counted }),
    flush() {
      if (lines.length === 0 && rejects.length === 0) return;
      const doubles = ledger.append({ lines, keyTimes, rejects }).length;
      counted.stored += lines.length - doubles;
      counted.doubles += doubles;
      counted.rejects += rejects.length;
      lines = [];
      keyTimes = [];
      rejects = [];
      while (ledger.pending() >= sliceRows) ledger.follow(sliceRows);
    },
  };
};
