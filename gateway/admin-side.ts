/** The admin listener: whom it answers, and what it reads and commands. */
import { join } from "node:path";
import { distDir } from "../setup/build/dist.ts";
import { adminCommands } from "./admin-commands.ts";
import type { AdminDoor } from "./admin-door.ts";
import { admin, type Reloaded } from "./api/admin.ts";
import type { Auth } from "./api/auth.ts";
import type { Config } from "./config/schema.ts";
import type { Missed } from "./document/document.ts";
import { systemClock } from "./lib/clock.ts";
import type { Log } from "./lib/log.ts";
import type { Bound } from "./listen/bind.ts";
import { createListener, type Listener } from "./listen/listener.ts";
import type { ProcessFigures } from "./metrics/process-figures.ts";
import type { Reach } from "./model/token.ts";
import { addressOf } from "./proxy/settings.ts";
import { reportError } from "./public-side.ts";
import { readMetrics } from "./read-metrics.ts";
import type { SideFigures } from "./side-figures.ts";
import type { Sinks } from "./sinks.ts";
import { sitesOf } from "./sites-of.ts";
import { createStatic } from "./static/static.ts";
import type { NotedKeeper } from "./store/segments/noted-trouble.ts";
import type { SqliteStore } from "./store/sqlite-store.ts";

/** What changes while the gateway runs. */
export interface Live {
  config: Config;
  /** where the site is reached, once it is */
  siteUrl: string;
  sinks: Sinks | null;
  /** of whoever serves visitors */
  figures: () => Promise<SideFigures>;
  reload: () => Promise<Reloaded>;
}

export interface AdminSideParts {
  readonly live: Live;
  readonly door: AdminDoor;
  readonly auth: Auth;
  readonly store: SqliteStore;
  readonly keeper: () => NotedKeeper;
  readonly missed: Missed;
  /** this process where it serves no visitors itself */
  readonly ownProcess: { figures(): ProcessFigures } | null;
  /** descriptor of a socket that a predecessor hands over */
  readonly inherited: number | undefined;
  /** what to type where the port is in use, with a free address */
  readonly portHint: (free: string) => string;
  readonly log: Log;
}

export interface AdminSide {
  readonly url: string;
  readonly bound: Bound;
  readonly listener: Listener;
}

/** Rejects with one sentence where the address cannot be had. */
export const openAdminSide = async (parts: AdminSideParts): Promise<AdminSide> => {
  const { live, door, auth, store, missed } = parts;
  const { listen, limits, data } = live.config;
  const listener = createListener({
    address: listen.admin,
    tls: door.tls,
    inherited: parts.inherited,
    headerBytes: limits.headerBytes,
    clock: systemClock,
    siteOf: () => sitesOf(live.config)[0] ?? null,
    isTrusted: () => false,
    portHint: parts.portHint,
    onError: reportError(parts.log),
    handler: admin({
      auth,
      sites: () => live.config.sites.map(({ id }) => id),
      pages: createStatic({ dir: join(distDir, "dashboard"), index: "index.html" }),
      answersFor: (host) => door.answersFor(host, bound),
      health: {
        dir: data.dir,
        trouble: () => store.trouble(),
        filesTrouble: () => parts.keeper().trouble(),
        pending: () => store.pending(),
        pendingLimit: () => limits.pendingEvents,
        certificates: async () => (await live.figures()).certificates,
        now: systemClock,
      },
      metrics: () =>
        readMetrics({
          store,
          dir: data.dir,
          now: systemClock,
          side: () => live.figures(),
          sinks: () => live.sinks?.status() ?? [],
          missed: () => ({ ...missed }),
          owner: () => parts.ownProcess?.figures() ?? null,
        }),
      commands: adminCommands(store, parts.keeper, () => live.reload()),
      source: {
        store,
        lastSeq: () => store.reader.lastSeq(),
        perSecond: () => store.perSecond(systemClock()),
        trouble: () => store.trouble() ?? parts.keeper().trouble(),
        experiments: () => live.config.experiments,
        siteUrl: () => live.siteUrl,
        snippet: (reach) => snippetOf(live, reach),
        demo: () => usesDemo(live.config),
        missed: () => ({ ...missed }),
        now: systemClock,
      },
    }),
  });
  const bound = await listener.listen();
  return { listener, bound, url: `${door.tls ? "https" : "http"}://${urlHost(bound)}:${bound.port}` };
};

const snippetOf = ({ siteUrl, config: { tracking, sites } }: Live, reach: Reach): string => {
  const id = reach === null ? sites[0]?.id : reach[0];
  return `<script src="${siteUrl}${tracking.scriptPath}" data-site="${id}" async></script>`;
};

export const usesDemo = (config: Config): boolean =>
  config.routes.some((route) => route.proxy?.upstreams.some((one) => addressOf(one) === "demo"));

/** The host to type into a browser for what a listener is bound to. */
export const urlHost = ({ host }: Bound): string => {
  if (host === "::" || host === "0.0.0.0") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
};
