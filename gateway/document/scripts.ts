/** The scripts of the build, as pages ask for them: from memory, packed once, and with a life that fits the name. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Handler } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";

/** The words between `track` and `.js` of the scripts beside the plain one. */
export const scriptKinds = ["full", "legacy", "vitals", "gtag"] as const;

/** `/js/t.js` → `/js/t.full.js`. */
export const kindPath = (scriptPath: string, kind: string): string =>
  `${stemOf(scriptPath)}.${kind}${scriptPath.endsWith(".js") ? ".js" : ""}`;

/** Below it lies every script under the name it has in the build, also the names that say their version. */
export const versionsPath = (scriptPath: string): string => `${scriptPath}/`;

const stemOf = (scriptPath: string): string => scriptPath.replace(/\.js$/, "");

interface Script {
  readonly name: string;
  readonly etag: string;
  readonly plain: Buffer;
  readonly br: Buffer;
  readonly gzip: Buffer;
}

/**
 * Serves the plain script, which lies at `file`, and those that were built with it; `others` are paths where one of the
 * kinds is looked for as well.
 */
export const serveScripts = (
  file: string,
  scriptPath: string,
  others: readonly (readonly [path: string, kind: (typeof scriptKinds)[number], ...rest: unknown[]])[] = [],
): Handler => {
  const dir = dirname(file);
  const loaded = new Map<string, Script>();
  const load = (name: string): Script | null => {
    const known = loaded.get(name);
    if (known) return known;
    if (!names.has(name) || !existsSync(join(dir, name))) return null;
    const script = read(join(dir, name), name);
    loaded.set(name, script);
    return script;
  };
  const names = new Set([basename(file), ...(existsSync(dir) ? readdirSync(dir).filter(isScript) : [])]);
  const versions = versionsPath(scriptPath);
  const byPath = new Map([
    [scriptPath, basename(file)],
    ...scriptKinds.map((kind) => [kindPath(scriptPath, kind), `track.${kind}.js`] as const),
    ...others.map(([path, kind]) => [path, `track.${kind}.js`] as const),
  ]);
  return (x) => {
    const name = byPath.get(x.path) ?? (x.path.startsWith(versions) ? x.path.slice(versions.length) : "");
    const script = load(name);
    if (!script) throw new HttpError(404, `there is no script ${x.path.slice(0, 200)}`);
    const encoding = encodingFor(x.req.headers["accept-encoding"]);
    const headers = headersOf(script, encoding);
    if (x.req.headers["if-none-match"] === headers.etag) return void x.res.writeHead(304, headers).end();
    const body = script[encoding];
    x.res.writeHead(200, { ...headers, "content-length": body.length });
    x.res.end(x.req.method === "HEAD" ? undefined : body);
  };
};

const isScript = (name: string): boolean => /^track(\.[a-z]+)?(\.[0-9a-f]{8})?\.js$/.test(name);
const isVersioned = (name: string): boolean => /\.[0-9a-f]{8}\.js$/.test(name);

const read = (path: string, name: string): Script => {
  const plain = readFileSync(path);
  const etag = createHash("sha256").update(plain).digest("base64url").slice(0, 22);
  return { name, etag, plain, br: brotliCompressSync(plain), gzip: gzipSync(plain, { level: 9 }) };
};

type Encoding = "br" | "gzip" | "plain";

/** Browsers name what they take without weights; what names one with `q=0` takes none of ours. */
const encodingFor = (accepted: string | readonly string[] | undefined): Encoding => {
  const list = String(accepted ?? "");
  if (list.includes(";q=0") || list.includes("; q=0")) return "plain";
  return /\bbr\b/.test(list) ? "br" : /\bgzip\b/.test(list) ? "gzip" : "plain";
};

/** What a versioned name holds never changes; pages ask for the plain one again after five minutes. */
const headersOf = ({ name, etag }: Script, encoding: Encoding) => ({
  "content-type": "text/javascript; charset=utf-8",
  "cache-control": isVersioned(name) ? "public, max-age=31536000, immutable" : "public, max-age=300",
  "cross-origin-resource-policy": "cross-origin",
  // A tag with `integrity` on another origin is refused without it.
  "access-control-allow-origin": "*",
  "x-content-type-options": "nosniff",
  vary: "Accept-Encoding",
  etag: `"${etag}${encoding === "plain" ? "" : `-${encoding}`}"`,
  ...(encoding === "plain" ? {} : { "content-encoding": encoding }),
});
