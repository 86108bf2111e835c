/**
 * Finds the settings, fills in what is left out, and refuses what it does not know: every mistake at once.
 * The rest of the program gets one frozen object with absolute paths.
 */
import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { rangeOrFile } from "../enrich/settings.ts";
import { experimentSettings } from "../experiment/settings.ts";
import { isKeyAddress } from "../identity/settings.ts";
import { deepFreeze } from "../lib/deep-freeze.ts";
import { asWritten, writeOutTls } from "../listen/tls/settings.ts";
import { sinkSettings } from "../sink/settings.ts";
import { crossCheck, type Draft } from "./cross-checks.ts";
import { type Mistake, toMistakes } from "./mistakes.ts";
import { originalTrackerKeys } from "./original-tracker.ts";
import { readJson } from "./read-json.ts";
import { withAbsoluteFiles } from "./route-files.ts";
import { type Config, configSchema, routeSettings, type SiteConfig, siteSettings } from "./schema.ts";

/** What the command line says instead of the file. */
export interface Overrides {
  /** folder of the data, from the working folder */
  readonly data?: string;
  /** HOST:PORT */
  readonly http?: string;
  readonly https?: string;
  readonly admin?: string;
}

export interface LoadOptions {
  /** the settings file; `config.json` in the working folder where nothing is said */
  readonly file?: string;
  readonly overrides?: Overrides;
  /** no file: everything goes to this server (URL, HOST:PORT or a port of this machine) */
  readonly proxy?: string;
  /** no file: everything is answered from this folder */
  readonly staticDir?: string;
  /** no file: these hosts are served, with certificates of Let's Encrypt, on the ports of the web */
  readonly domains?: readonly string[];
  /** whom Let's Encrypt may write to about them */
  readonly email?: string;
}

export type Loaded =
  | { readonly kind: "ok"; readonly config: Config; readonly file: string | null; readonly folder: string }
  | {
      readonly kind: "wrong";
      readonly file: string;
      readonly mistakes: readonly Mistake[];
      /** the parts without a mistake of their own, for who can say more of them; null where nothing can be read */
      readonly rest: { readonly config: Config; readonly folder: string } | null;
    };

export const defaultFile = "config.json";

/** The configuration, or all that is wrong with it. Never throws for what stands in a file. */
export const loadConfig = (options: LoadOptions = {}): Loaded => {
  const { proxy, staticDir, overrides = {} } = options;
  if (proxy !== undefined || staticDir !== undefined) return loadInMemory(options, overrides);
  const file = options.file ?? defaultFile;
  const read = readSettings(file);
  if (read.kind === "wrong") return { kind: "wrong", file, mistakes: [read.mistake], rest: null };
  return check(read.value, resolve(dirname(file)), file, overrides);
};

/** The configuration of somebody who has no settings file at all. */
export const defaultConfig = (overrides: Overrides = {}): Loaded => check({}, process.cwd(), null, overrides);

/** Settings that stand in no file; `folder` is where their relative paths start. */
export const checkSettings = (settings: unknown, folder: string): Loaded => check(settings, folder, null, {});

const loadInMemory = ({ proxy, staticDir, domains, email }: LoadOptions, overrides: Overrides): Loaded => {
  const answer =
    proxy === undefined ? { static: { dir: staticDir } } : { proxy: { upstreams: [upstreamUrl(proxy)] } };
  const routes = [{ path: "/", ...answer, inject: true }];
  if (domains === undefined) return check({ routes }, process.cwd(), null, overrides);
  const sites = [{ id: "main", hosts: domains.map((host) => host.toLowerCase()) }];
  const tls = { mode: "acme", ...(email !== undefined && { email }) };
  const listen = { http: ":80", https: ":443" };
  return check({ listen, tls, routes, sites }, process.cwd(), null, overrides);
};

// People type what their development server prints, or only its port.
const upstreamUrl = (text: string): string => {
  if (/^\d+$/.test(text)) return `http://localhost:${text}`;
  return text.includes("://") ? text : `http://${text}`;
};

type Settings =
  | { readonly kind: "ok"; readonly value: unknown }
  | { readonly kind: "wrong"; readonly mistake: Mistake };

const readSettings = (file: string): Settings => {
  const wrong = (message: string, path = ""): Settings => ({ kind: "wrong", mistake: { path, message } });
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    if (code === "EISDIR") return wrong("is a folder: name the settings file in it with --config FILE");
    return wrong(code === "ENOENT" ? missing : `cannot be read (${code})`);
  }
  if (!isUtf8(bytes)) return wrong("is not text in UTF-8: save it as UTF-8, in which JSON is written");
  const text = bytes.toString("utf8");
  if (text.trim() === "") return wrong("is empty: {} is the least that is taken");
  const read = readJson(text);
  if (read.kind === "wrong") return wrong(withLine(read, text), `line ${read.line}, column ${read.column}`);
  const keys = originalTrackerKeys(read.value);
  return keys.length === 0 ? read : wrong(originalTracker(keys, file));
};

const missing =
  "no such file: name yours with --config FILE; `turnpike start` does without one by --proxy http://localhost:3000 or --static DIR";

const originalTracker = (keys: readonly string[], file: string): string =>
  `these are settings of the original tracker (${keys.slice(0, 3).join(", ")}, …), which cannot be started as they are: \`turnpike import-config ${file} --output turnpike.json\` makes Turnpike's of them`;

/** The message, and under it the line with the mistake marked. */
const withLine = (at: { line: number; column: number; message: string }, text: string): string => {
  const line =
    text
      .replace(/^\uFEFF/, "")
      .split("\n")
      [at.line - 1]?.trimEnd() ?? "";
  const from = Math.max(0, at.column - 60);
  // Each sign in the width of one, so that the mark stands below it, and nothing that a terminal would obey.
  const shown = line.slice(from, from + 100).replace(/\p{Cc}/gu, " ");
  return `${at.message}\n    ${shown}\n    ${" ".repeat(at.column - 1 - from)}^`;
};

const check = (settings: unknown, folder: string, file: string | null, overrides: Overrides): Loaded => {
  const input = override(settings, overrides);
  const whereInFile = (path: string) => asWritten(path, isObject(settings) ? settings["tls"] : undefined);
  const parsed = configSchema.safeParse(input, readOnce);
  const own = parsed.success ? [] : toMistakes(configSchema, input, parsed.error);
  const draft = parsed.success ? whole(parsed.data) : readable(input);
  const mistakes = [...own, ...crossCheck(draft, folder)];
  if (!parsed.success || mistakes.length > 0) {
    const named = mistakes.map((mistake) => ({
      ...mistake,
      path: whereSaid(whereInFile(mistake.path), file, overrides),
    }));
    const rest = { config: absolute(restOf(draft), folder), folder };
    return { kind: "wrong", file: file ?? "command line", mistakes: named, rest };
  }
  return { kind: "ok", config: deepFreeze(absolute(parsed.data, folder)), file, folder };
};

/** A parser that is made for a schema takes longer to make than to read a file without it. */
const readOnce = { jitless: true } as const;

/** What the command line says wins over what the file says. */
const override = (settings: unknown, { data, http, https, admin }: Overrides): unknown => {
  if (!isObject(settings)) return settings;
  const listen = {
    ...(http !== undefined && { http }),
    ...(https !== undefined && { https }),
    ...(admin !== undefined && { admin }),
  };
  const place = data === undefined ? {} : { dir: resolve(data) };
  return {
    ...settings,
    ...merged(settings, "listen", listen),
    ...merged(settings, "data", place),
    ...("tls" in settings && { tls: writeOutTls(settings["tls"]) }),
  };
};

const merged = (settings: Record<string, unknown>, key: string, more: object): Record<string, unknown> => {
  const given = settings[key] ?? {};
  return Object.keys(more).length > 0 && isObject(given) ? { [key]: { ...given, ...more } } : {};
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A mistake in what the command line said is told by the option's name. */
const whereSaid = (path: string, file: string | null, { data, http, https, admin }: Overrides): string => {
  if (data !== undefined && path === "data.dir") return "--data";
  if (http !== undefined && path === "listen.http") return "--http";
  if (https !== undefined && path === "listen.https") return "--https";
  if (file === null && path === "tls.email") return "--email";
  if (file === null && (path === "tls" || path.startsWith("sites[0].hosts"))) return "--domain";
  if (admin !== undefined && path === "listen.admin") return "--admin";
  if (file === null && path.startsWith("routes[0].proxy")) return "--proxy";
  if (file === null && path.startsWith("routes[0].static")) return "--static";
  return path;
};

const whole = (config: Config): Draft => ({ ...config, ...addressLists(config.limits) });

const addressLists = ({ exempt, allow, ban }: Config["limits"]) => ({ exempt, allow, ban });

/** What can be read of settings with mistakes, so that the cross checks can tell theirs as well. */
const readable = (input: unknown): Draft => {
  const parts = isObject(input) ? input : {};
  const limits = configSchema.shape.limits.safeParse(parts["limits"]).data;
  return {
    listen: configSchema.shape.listen.safeParse(parts["listen"]).data ?? null,
    tls: configSchema.shape.tls.safeParse(parts["tls"]).data ?? null,
    trustedProxies: configSchema.shape.trustedProxies.safeParse(parts["trustedProxies"]).data ?? [],
    ...(limits ? addressLists(limits) : { exempt: [], allow: [], ban: [] }),
    routes: list(parts["routes"]).map((part) => routeSettings.safeParse(part).data ?? null),
    sites:
      parts["sites"] === undefined
        ? configSchema.shape.sites.parse(undefined)
        : list(parts["sites"], [null]).map((part) => siteSettings.safeParse(part).data ?? null),
    geo: configSchema.shape.geo.safeParse(parts["geo"]).data ?? null,
    tracking: configSchema.shape.tracking.safeParse(parts["tracking"]).data ?? null,
    experiments: list(parts["experiments"]).map((part) => experimentSettings.safeParse(part).data ?? null),
    sinks: list(parts["sinks"]).map((part) => sinkSettings.safeParse(part).data ?? null),
    plugins: configSchema.shape.plugins.safeParse(parts["plugins"]).data ?? null,
    data: configSchema.shape.data.safeParse(parts["data"]).data ?? null,
    accessLog: configSchema.shape.accessLog.safeParse(parts["accessLog"]).data ?? null,
    recordHits: configSchema.shape.recordHits.safeParse(parts["recordHits"]).data ?? null,
  };
};

/** Of paths that could not be read nobody knows what they overlap with. */
const restOf = (draft: Draft): Config => {
  const defaults = configSchema.parse({}, readOnce);
  return {
    ...defaults,
    tls: draft.tls ?? defaults.tls,
    tracking: draft.tracking ?? defaults.tracking,
    routes: draft.tracking ? draft.routes.filter(isThere) : [],
    sites: draft.sites.filter(isThere),
    sinks: draft.sinks.filter(isThere),
    plugins: draft.plugins ?? [],
  };
};

const isThere = <T>(part: T | null): part is T => part !== null;

const list = (value: unknown, otherwise: readonly unknown[] = []): readonly unknown[] =>
  Array.isArray(value) && value.length > 0 ? value : otherwise;

const absolute = (config: Config, folder: string): Config => ({
  ...config,
  data: { ...config.data, dir: resolve(folder, config.data.dir) },
  tls: absoluteTls(config.tls, folder),
  tracking: {
    ...config.tracking,
    publicDir: config.tracking.publicDir === null ? null : resolve(folder, config.tracking.publicDir),
  },
  accessLog: config.accessLog && {
    ...config.accessLog,
    file: config.accessLog.file === "stdout" ? "stdout" : resolve(folder, config.accessLog.file),
  },
  recordHits: config.recordHits && {
    ...config.recordHits,
    file: resolve(folder, config.recordHits.file),
  },
  geo: { ...config.geo, cityFile: config.geo.cityFile && resolve(folder, config.geo.cityFile) },
  sinks: config.sinks.map((sink) =>
    sink.path === undefined ? sink : { ...sink, path: resolve(folder, sink.path) },
  ),
  sites: config.sites.map((site) => ({
    ...withAbsoluteFiles(site, folder),
    ...(typeof site.currencyRates === "string" && { currencyRates: resolve(folder, site.currencyRates) }),
    datacenterRanges: site.datacenterRanges.map((entry) => rangeOrFile(entry, folder)),
    identity: absoluteKeys(site.identity, folder),
  })),
  routes: config.routes.map((route) => ({
    ...withAbsoluteFiles(route, folder),
    ...(route.static && { static: { ...route.static, dir: resolve(folder, route.static.dir) } }),
  })),
});

const absoluteKeys = (identity: SiteConfig["identity"], folder: string): SiteConfig["identity"] => {
  const { jwks } = identity;
  return typeof jwks === "string" && !isKeyAddress(jwks)
    ? { ...identity, jwks: resolve(folder, jwks) }
    : identity;
};

const absoluteTls = (tls: Config["tls"], folder: string): Config["tls"] => ({
  ...tls,
  files: tls.files.map(({ cert, key }) => ({ cert: resolve(folder, cert), key: resolve(folder, key) })),
  ...(tls.root !== undefined && { root: resolve(folder, tls.root) }),
  ...(tls.store !== undefined && { store: resolve(folder, tls.store) }),
});
