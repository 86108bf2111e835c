/**
 * The admin listener's room: the dashboard's pages and the API behind them. Everything here is for the owner; nothing
 * of it is reachable on a site's host.
 */
import type { Exchange, Handler } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import type { Reach, Role } from "../model/token.ts";
import { readEvents } from "../report/newest.ts";
import type { Auth } from "./auth.ts";
import { demandAll, demandSite } from "./demand-reach.ts";
import { answerHealth, type HealthSource } from "./health.ts";
import { orRefuse } from "./or-refuse.ts";
import { answerPageLoads, type OverviewSource, readOverview, reportsOf } from "./overview.ts";
import { readObject } from "./read-object.ts";
import { answerStorage, type StorageCommands } from "./storage.ts";
import { createToken, listTokens, revokeToken, type TokenCommands } from "./tokens.ts";

export interface AdminOptions {
  readonly auth: Auth;
  readonly source: OverviewSource;
  readonly commands: AdminCommands;
  readonly health: HealthSource;
  /** what Prometheus reads */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** the ids of the sites in the settings */
  readonly sites: () => readonly string[];
  /** the dashboard's files */
  readonly pages: Handler;
  /** May the listener be asked for under this `Host`, lower case? */
  readonly answersFor: (host: string) => boolean;
}

/** What only the owner of the data folder can do. */
export interface AdminCommands extends TokenCommands {
  rebuildExperiments(): Promise<number>;
  removeDemo(): Promise<number>;
  /** Takes back that a visitor is a user. */
  undoClaim(claim: { readonly site: string; readonly visitor: string; readonly user: string }): Promise<void>;
  /** Reads the settings again: what changed, or what is wrong with them. */
  reload(): Promise<Reloaded>;
  readonly storage: StorageCommands;
}

/** What became of a reload of the settings. */
export type Reloaded =
  | { readonly kind: "changed"; readonly changes: readonly string[] }
  | { readonly kind: "refused"; readonly mistakes: readonly string[] };

interface Endpoint {
  readonly method: string;
  /** a path, or a prefix that ends with `/` */
  readonly path: string;
  /** null: open to anyone who reaches the listener */
  readonly role: Role | null;
  /** what is asked for is of all sites: nothing for a token of some */
  readonly all?: true;
  readonly answer: (x: Exchange, options: AdminOptions, reach: Reach) => Promise<unknown>;
}

const endpoints: readonly Endpoint[] = [
  { method: "POST", path: "/api/signin", role: null, answer: signIn },
  { method: "POST", path: "/api/signout", role: null, answer: signOut },
  {
    method: "GET",
    path: "/api/overview",
    role: "read",
    answer: (x, o, reach) => readOverview(o.source, reach, numberOf(x, "after", 0)),
  },
  {
    method: "GET",
    path: "/api/experiments",
    role: "read",
    answer: async (_, o, reach) => ({ experiments: await reportsOf(o.source, reach) }),
  },
  {
    method: "GET",
    path: "/api/page-loads",
    role: "read",
    answer: (x, o, reach) =>
      answerPageLoads(
        o.source,
        reach,
        Math.min(400, Math.max(1, numberOf(x, "days", 7))),
        Math.min(86_400, numberOf(x, "settle", 60)),
      ),
  },
  { method: "GET", path: "/api/events", role: "read", answer: events },
  {
    method: "GET",
    path: "/api/tokens",
    role: "admin",
    answer: (_, o, reach) => listTokens(o, reach),
  },
  { method: "POST", path: "/api/tokens", role: "admin", answer: createToken },
  { method: "DELETE", path: "/api/tokens/", role: "admin", answer: revokeToken },
  {
    method: "POST",
    path: "/api/experiments/rebuild",
    role: "admin",
    all: true,
    answer: (_, o) => orRefuse(async () => ({ subjects: await o.commands.rebuildExperiments() })),
  },
  {
    method: "POST",
    path: "/api/demo/remove",
    role: "admin",
    all: true,
    answer: (_, o) => orRefuse(async () => ({ removed: await o.commands.removeDemo() })),
  },
  { method: "POST", path: "/api/identity/undo", role: "admin", answer: undoClaim },
  { method: "POST", path: "/api/reload", role: "admin", all: true, answer: reload },
  {
    method: "POST",
    path: "/api/storage/",
    role: "admin",
    answer: (x, o, reach) => answerStorage(x, o.commands.storage, reach),
  },
];

export const admin = (options: AdminOptions): Handler => {
  return async (x) => {
    // A page of another site may resolve its own name to this address (DNS rebinding): only our names are answered.
    const host = (x.req.headers.host ?? "").toLowerCase();
    if (!options.answersFor(host)) {
      throw new HttpError(
        421,
        `the dashboard does not answer for ${host.slice(0, 100)}: open it by the address it was started on`,
      );
    }
    protect(x);
    if (readOnly.has(x.path) && methodOf(x) !== "GET")
      throw new HttpError(405, "only GET, HEAD is answered here", { headers: { allow: "GET, HEAD" } });
    if (await answerHealth(x, options.health)) return;
    if (x.path === "/metrics") return sendMetrics(x, options);
    if (!x.path.startsWith("/api/")) return options.pages(x);
    const endpoint = find(x);
    const reach = endpoint.role ? options.auth.demand(x, endpoint.role) : [];
    if (endpoint.all) demandAll(reach);
    const value = await endpoint.answer(x, options, reach);
    if (!x.res.headersSent) json(x, value);
  };
};

const readOnly: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/metrics"]);

/** HEAD asks for what GET answers, without its body (RFC 9110 §9.3.2). */
const methodOf = ({ req }: Exchange): string | undefined => (req.method === "HEAD" ? "GET" : req.method);

/** Routes, upstreams and hosts stand in it: for holders of a token of role read for all sites, as Prometheus' `authorization` sends it. */
const sendMetrics = async (x: Exchange, { auth, metrics }: AdminOptions): Promise<void> => {
  demandAll(auth.demand(x, "read"));
  const { contentType, text } = await metrics();
  x.res.writeHead(200, ["content-type", contentType, "cache-control", "no-store"]);
  x.res.end(x.req.method === "HEAD" ? undefined : text);
};

const find = (x: Exchange): Endpoint => {
  const here = endpoints.filter(({ path }) =>
    path.endsWith("/") ? x.path.startsWith(path) : x.path === path,
  );
  if (here.length === 0) throw new HttpError(404, `there is no ${x.path.slice(0, 100)} in this API`);
  const found = here.find(({ method }) => method === methodOf(x));
  if (!found) {
    const allow = here.map(({ method }) => method).join(", ");
    throw new HttpError(405, `only ${allow} is answered here`, { headers: { allow } });
  }
  return found;
};

const protect = (x: Exchange): void => {
  x.res.setHeader("content-security-policy", policy);
  x.res.setHeader("x-content-type-options", "nosniff");
  x.res.setHeader("referrer-policy", "no-referrer");
  x.res.setHeader("x-frame-options", "DENY");
};

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

async function signIn(x: Exchange, options: AdminOptions): Promise<void> {
  const body = await readObject(x);
  const given = {
    ...(typeof body["token"] === "string" ? { token: body["token"] } : {}),
    ...(typeof body["code"] === "string" ? { code: body["code"] } : {}),
  };
  const cookie = options.auth.signIn(given);
  if (!cookie) {
    throw new HttpError(
      401,
      "code" in given
        ? "this sign-in link was used already or is too old: start Turnpike again for a new one, or paste a token"
        : "this token is not known here: look into data/admin-token, or make one with `turnpike token create`",
    );
  }
  const kept = x.secure ? `${cookie}; Secure` : cookie;
  x.res.writeHead(204, ["set-cookie", kept, "cache-control", "no-store"]);
  x.res.end();
}

async function signOut(x: Exchange, options: AdminOptions): Promise<void> {
  x.res.writeHead(204, ["set-cookie", options.auth.signOut]);
  x.res.end();
}

async function events(x: Exchange, { source }: AdminOptions, reach: Reach): Promise<unknown> {
  const limit = Math.min(1000, Math.max(1, numberOf(x, "limit", 100)));
  return readEvents(source.store, reach, numberOf(x, "after", 0), limit);
}

async function reload(x: Exchange, { commands }: AdminOptions): Promise<unknown> {
  const reloaded = await commands.reload();
  if (reloaded.kind === "changed") return { changes: reloaded.changes };
  const body = JSON.stringify({ mistakes: reloaded.mistakes });
  x.res.writeHead(422, ["content-type", "application/json", "cache-control", "no-store"]);
  x.res.end(body);
}

async function undoClaim(x: Exchange, { commands }: AdminOptions, reach: Reach): Promise<unknown> {
  const body = await readObject(x);
  const [site, visitor, user] = ["site", "visitor", "user"].map((name) => {
    const value = body[name];
    if (typeof value === "string" && value !== "" && value.length <= 512) return value;
    throw new HttpError(400, `${name}: expected a text`);
  }) as [string, string, string]; // one for each name
  demandSite(reach, site);
  await orRefuse(() => commands.undoClaim({ site, visitor, user }));
  return {};
}

const numberOf = (x: Exchange, name: string, otherwise: number): number => {
  const value = Number(new URLSearchParams(x.query).get(name) ?? otherwise);
  return Number.isSafeInteger(value) && value >= 0 ? value : otherwise;
};

const json = (x: Exchange, value: unknown): void => {
  x.res.writeHead(200, ["content-type", "application/json", "cache-control", "no-store"]);
  x.res.end(x.req.method === "HEAD" ? undefined : JSON.stringify(value));
};
