/**
 * Every key of a settings file of the original tracker, and what becomes of it: carried over as it is, changed, or dropped
 * with the reason.
 */
import type { Draft } from "./draft.ts";

export interface Became {
  readonly kind: "carried" | "changed" | "dropped";
  /** where it stands now, or why it does not */
  readonly sentence: string;
}

/** Writes a value into the new settings, and says what became of it. */
export type Rule = (value: unknown, draft: Draft) => Became;

const carried = (sentence: string): Became => ({ kind: "carried", sentence });
const changed = (sentence: string): Became => ({ kind: "changed", sentence });
const dropped = (sentence: string): Became => ({ kind: "dropped", sentence });
const drop =
  (sentence: string): Rule =>
  () =>
    dropped(sentence);

const textOf = (value: unknown): string => (typeof value === "string" ? value.trim() : "");
const numberOf = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) ? value : 0;
const listOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];

const addressRule =
  (name: "http" | "https"): Rule =>
  (value, { listen, original }) => {
    const address = textOf(value);
    if (!original.usesLocalTls) return dropped("certificates of an authority need the ports 80 and 443");
    if (address === "") return dropped(`listen.${name} is ${listen[name]}, as it was without`);
    if (!original.namesPort)
      return dropped(`it counted beside ProxyPort alone: listen.${name} is ${listen[name]}`);
    listen[name] = address;
    return carried(`listen.${name}`);
  };

/** A time that has a place among ours, kept within its bounds. */
const secondsRule =
  (name: "headerSeconds" | "keepAliveSeconds", most: number): Rule =>
  (value, { limits }) => {
    const seconds = numberOf(value);
    if (seconds <= 0) return changed(`limits.${name} has its default: there is no connection without an end`);
    limits[name] = Math.min(most, Math.max(1, seconds));
    return limits[name] === seconds ? carried(`limits.${name}`) : changed(`limits.${name}, at most ${most}`);
  };

const prunes = "events of one age go together: set data.keepDays to remove them, in days";
const s3 = "sealed files lie in data/events as Parquet: any program that copies folders takes them to S3";
const geo = "countries come with the program, cities from a file in MaxMind's format that geo.cityFile names";
const facebook = "nothing is sent to Facebook: events leave through sinks, e.g. a webhook";

/** A rule of the route that there is only with `ProxyUrl`. */
const proxied =
  (rule: Rule): Rule =>
  (value, draft) =>
    draft.route.proxy ? rule(value, draft) : dropped("nothing was proxied without ProxyUrl");

const proxyUrl: Rule = (value, draft) => {
  const text = textOf(value);
  if (text === "") return dropped("nothing was proxied without it");
  const url = URL.parse(text.includes("://") ? text : `http://${text}`);
  if (!url?.host) return dropped(`${text} is no URL`);
  const { route } = draft;
  route.proxy = {
    upstreams: [`http://${url.host}`],
    requestHeaders: { set: { "x-origin-host": url.host } }, // which back ends may read
  };
  const said = `routes[0].proxy.upstreams, for ${route.path}`;
  if (url.protocol === "http:" && url.pathname === "/") return carried(said);
  return changed(`${said}; its path and https were ignored, and are left out`);
};

const proxyUrlFilter = proxied((value, { route }) => {
  if (textOf(value) === "") return dropped("no proxied request was recorded without it, and none is now");
  route.track = {};
  return changed(
    "routes[0].track makes events of proxied requests; write the paths that are left out into its `exclude`, as patterns like `/api/login/**`",
  );
});

const dailyLimit = proxied((value, { route }) => {
  const requests = Math.floor(numberOf(value));
  if (requests <= 0) return dropped("0 was no limit");
  route.limit = { requests, windowSeconds: 86_400, by: "address" };
  return changed(
    "routes[0].limit, counted by the gateway itself, by requests and not by events; limits.daily counts over restarts",
  );
});

const domains: Rule = (value, { site, original }) => {
  const hosts = listOf(value)
    .map((host) => host.trim().toLowerCase())
    .filter((host) => host !== "");
  if (hosts.length === 0) return dropped("it names no host: every host is answered");
  if (original.usesLocalTls)
    return dropped("with certificate files every host is answered, and they say for which they are");
  site.hosts = hosts;
  return changed("sites[0].hosts: these get certificates, and others are not answered any more");
};

const usesLocalTls: Rule = (_value, draft) => {
  const { tls, original, listen } = draft;
  listen.https = ":443"; // unless ProxyPortTLS says another
  if (original.usesLocalTls) {
    if (!original.namesPort) listen.http = ":80";
    if (draft.tls["mode"] !== "files") tls["mode"] = "local";
    tls["redirect"] = true;
    return carried(
      draft.tls["mode"] === "files" ? "tls.files" : "tls.mode local: there are no certificate files",
    );
  }
  tls["mode"] = "acme";
  listen.http = ":80";
  return changed(
    "tls.mode acme: account and certificates are kept in data/certs; add tls.email, for letters of the authority, and to sites[0].hosts every host, where Domains names none",
  );
};

const certificate =
  (name: "cert" | "key"): Rule =>
  (value, { tls, original }) => {
    if (textOf(value) === "") return dropped("it names no file");
    if (!original.usesLocalTls) return dropped("it was not used: certificates came from an authority");
    const [file = {}] = (tls["files"] as { cert?: string; key?: string }[] | undefined) ?? []; // made here
    tls["mode"] = "files";
    tls["files"] = [{ ...file, [name]: textOf(value) }];
    return carried(`tls.files[0].${name}, from the folder of the new file`);
  };

const redirectPort: Rule = (value, { tls }) => {
  const port = Number(/^:(\d{1,5})$/.exec(textOf(value))?.[1] ?? 0);
  if (port === 0) return dropped("the redirect goes to the port of listen.https");
  tls["publicPort"] = port;
  return carried("tls.publicPort");
};

const headerBytes: Rule = (value, { limits }) => {
  const bytes = Math.floor(numberOf(value));
  if (bytes <= 0) return dropped("limits.headerBytes has its default");
  limits["headerBytes"] = Math.min(1_048_576, Math.max(4096, bytes));
  return limits["headerBytes"] === bytes
    ? carried("limits.headerBytes")
    : changed("limits.headerBytes, between 4096 and 1048576");
};

const connections: Rule = (value, { limits }) => {
  const most = Math.floor(numberOf(value));
  if (most <= 0) return dropped("limits.connections has its default");
  limits["connections"] = most;
  return changed("limits.connections: it counts connections, not requests under way");
};

const staticDirectory: Rule = (value, { tracking }) => {
  const dir = textOf(value);
  if (dir === "") return dropped("no files were served");
  tracking.publicDir = dir;
  tracking.legacyPaths = [...tracking.legacyPaths, "/pub/v1/"];
  return changed(
    "tracking.publicDir, below /pub/v1/ as before; folders are not listed, and no file is an event any more",
  );
};

const apiVersion: Rule = (value, { tracking }) => {
  const version = Math.floor(numberOf(value));
  if (version <= 1) return carried("tracking.collectPath /tr/v1/");
  tracking.collectPath = `/tr/v${version}/`;
  return changed(`tracking.collectPath /tr/v${version}/; the other paths keep v1`);
};

/** To the letter: another space before an address makes another hash. */
const pepper: Rule = (value, { site }) => {
  site.legacyHashes = true;
  if (typeof value !== "string" || value === "")
    return carried("sites[0].legacyHashes: hashes as before, without a prefix");
  site.legacyPepper = value;
  return carried("sites[0].legacyPepper and legacyHashes: new hashes equal the old ones");
};

const removeIp: Rule = (value, { site }) => {
  site.ipMasking = value === true ? 4 : 0;
  return value === true
    ? changed("sites[0].ipMasking 4: addresses are kept nowhere, before they were in some tables")
    : carried("sites[0].ipMasking 0: addresses are kept whole");
};

const forceJson = proxied((value, { route: { proxy } }) => {
  if (value !== true) return dropped("the content type goes to the back end as it came, as before");
  if (proxy) proxy.requestHeaders.set["content-type"] = "application/json";
  return carried("routes[0].proxy.requestHeaders.set");
});

/** Answers of the back end had it beside the back end's own: two of them, which browsers refuse. */
const allowOrigin: Rule = (value, { route: { proxy } }) => {
  const events = "for events a site's own origins may read answers: name them in sites[0].hosts";
  if (!proxy) return dropped(events);
  proxy.responseHeaders = { set: { "access-control-allow-origin": textOf(value) || "*" } };
  return changed(`routes[0].proxy.responseHeaders.set, instead of the back end's own; ${events}`);
};

const keys: Readonly<Record<string, Rule>> = {
  // Listener, TLS, domains. Certificates go before what says which of the modes it is.
  TLSCert: certificate("cert"),
  TLSKey: certificate("key"),
  UseLocalTLS: usesLocalTls,
  Domains: domains,
  ProxyPort: addressRule("http"),
  ProxyPortTLS: addressRule("https"),
  ProxyPortRedirect: redirectPort,
  ProxyExceptHTTP: drop(
    "there is one listener in the clear, listen.http: name in tls.redirectExcept the paths that stay there",
  ),
  IgnoreInsecureTLS: drop("it had no effect"),
  ReadTimeoutSeconds: drop("a body has a slowest pace instead of a time: limits.bodyBytesPerSecond"),
  ReadHeaderTimeoutSeconds: secondsRule("headerSeconds", 600),
  WriteTimeoutSeconds: drop(
    "it cut downloads in the middle: a client may take its time as long as it takes something, limits.stalledSeconds",
  ),
  IdleTimeoutSeconds: secondsRule("keepAliveSeconds", 3600),
  MaxHeaderBytes: headerBytes,
  MaximumConnections: connections,
  // Files.
  StaticDirectory: staticDirectory,
  // The proxy.
  ProxyUrl: proxyUrl,
  ProxyUrlFilter: proxyUrlFilter,
  IgnoreProxyOptions: proxied((value) =>
    value === true
      ? carried("OPTIONS goes to the back end, as all methods do")
      : changed(
          "OPTIONS goes to the back end, as all methods do: it answers the preflights of pages elsewhere",
        ),
  ),
  ProxyForceJson: forceJson,
  ProxyDailyLimit: dailyLimit,
  ProxyDailyLimitChecker: drop("the gateway counts by itself; several share counts by limits.store"),
  // Events, privacy, URLs.
  ApiVersion: apiVersion,
  SchemaVersion: drop("the database is brought up to date at a start"),
  Debug: drop("what visitors send is never in the log; `turnpike tail` shows events as they come"),
  AllowOrigin: allowOrigin,
  DefaultRedirect: drop("redirects go only to hosts that are allowed, never to a fixed one"),
  IgnoreQueryParamsKey: (value) =>
    ["", "igqp"].includes(textOf(value))
      ? carried("igqp switches the query off, as before")
      : dropped("the key is igqp: clients that send another get their query read"),
  UrlFilter: drop("addresses are kept whole but for sites[0].excludedUrlParams: name there what is to go"),
  UrlFilterMatchGroup: drop("it belongs to UrlFilter"),
  PrefixPrivateHash: pepper,
  AccountHashMixer: drop("a write key says who may send for a site: sites[0].writeKeys"),
  UseGeoIP: (value) =>
    value === true
      ? changed(geo)
      : dropped("a country is looked up for every event, and no city without geo.cityFile"),
  GeoIPVersion: drop("the file is read again at a start"),
  IPv4GeoIPZip: drop(geo),
  IPv6GeoIPZip: drop(geo),
  IPv4GeoIPCSVDest: drop(geo),
  IPv6GeoIPCSVDest: drop(geo),
  TempDirectory: drop("nothing is unpacked"),
  UseRegionDescriptions: drop("regions and cities are known where geo.cityFile is set, else countries alone"),
  UseRemoveIP: removeIp,
  CFlagsMarketing: drop(facebook),
  CFlagsIgnore: drop(facebook),
  PruneLogsTTL: drop(prunes),
  PruneLogsOnly: drop(prunes),
  PruneLimit: drop(prunes),
  PruneSkipToTimestamp: drop(prunes),
  PruneUpdateConfig: drop("a settings file is never written by the program"),
  PruneLogsSkip: drop(prunes),
  PruneLogsPageSize: drop(prunes),
  S3Bucket: drop(s3),
  S3Prefix: drop(s3),
  S3Region: drop(s3),
  S3AccessKeyID: drop(s3),
  S3SecretAccessKey: drop(s3),
  HealthCheckInterval: drop("/readyz of the admin listener says at any time whether events are stored"),
  InactivityTimeoutSeconds: drop("events are sealed into files by their age: data.sealMinutes"),
  MaxShardSizeBytes: drop("a day has few files, whose size is the program's matter"),
};

/** Keys that counted where they were left out, too. */
export const countedWhenLeftOut: ReadonlySet<string> = new Set([
  "UseLocalTLS",
  "IgnoreProxyOptions",
  "AllowOrigin",
  "PrefixPrivateHash",
]);

/** The keys in the order in which their rules run, in their own spelling. */
export const originalKeys: ReadonlyMap<string, Rule> = new Map(Object.entries(keys));
