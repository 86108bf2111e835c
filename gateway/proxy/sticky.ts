/**
 * Keeps a browser at the upstream that answered it first, by a cookie that names the upstream with our signature and says nothing
 * else. It is set on answers that nobody else may be given; a shared one goes as it is, and the next sets it.
 */
import { createHash, createHmac } from "node:crypto";
import { parseCookies, setCookie } from "../http/cookies.ts";
import type { Exchange, ResponseHead, Upgrade } from "../http/exchange.ts";
import { isShared, ownCacheControl } from "../http/shared-caches.ts";
import type { ProxySettings } from "./settings.ts";
import type { Pool } from "./upstream/pool.ts";

export interface Sticky {
  /** the cookie's name, which is nobody else's business */
  readonly name: string;
  /**
   * The upstream that the request's cookie names, null where it names none of these. Not `current` where the cookie is of
   * other upstreams, such as those before one was added: the answer names it anew.
   */
  poolOf(x: Upgrade): { readonly pool: Pool; readonly current: boolean } | null;
  /** Lets the answer name the upstream that gives it. */
  keep(x: Exchange, answering: () => Pool): void;
}

export const createSticky = (
  { cookie, maxAgeSeconds }: NonNullable<ProxySettings["sticky"]>,
  pools: readonly Pool[],
  secret: Buffer,
): Sticky => {
  const name = cookie ?? nameFor(pools);
  const marks = new Map(pools.map((pool) => [markOf(pool, secret), pool]));
  const poolIn = (values: readonly string[] = []): Pool | null => {
    for (const value of values) {
      const pool = marks.get(value);
      if (pool) return pool;
    }
    return null;
  };
  const options = { httpOnly: true, ...(maxAgeSeconds !== null && { maxAgeSeconds }) };
  return {
    name,
    poolOf({ req }) {
      const { cookie: sent } = req.headers;
      if (sent === undefined || !sent.includes(cookie ?? prefix)) return null;
      const cookies = parseCookies(sent);
      const own = poolIn(cookies.get(name));
      if (own) return { pool: own, current: true };
      for (const [other, values] of cookie === null ? cookies : []) {
        const pool = other.startsWith(prefix) ? poolIn(values) : null;
        if (pool) return { pool, current: false };
      }
      return null;
    },
    keep(x, answering) {
      x.responsePasses.push((head) => {
        if (isShared(head)) return undefined;
        const value = setCookie(name, markOf(answering(), secret), { ...options, secure: x.secure });
        head.headers.set("set-cookie", [...many(head.headers.get("set-cookie")), value]);
        keepPrivate(head);
        return undefined;
      });
    },
  };
};

const prefix = "tp_up_";

// Routes with the same upstreams share a cookie, and others do not take each other's away.
const nameFor = (pools: readonly Pool[]): string => {
  const urls = pools.map(({ endpoint }) => endpoint.url).sort();
  return `${prefix}${createHash("sha256").update(urls.join(" ")).digest("hex").slice(0, 6)}`;
};

/** The signature is the name: it tells an upstream from the others, and not where it is. */
const markOf = ({ endpoint }: Pool, secret: Buffer): string =>
  createHmac("sha256", secret).update(`sticky ${endpoint.url}`).digest("base64url").slice(0, 22);

const keepPrivate = (head: ResponseHead): void => {
  const { headers } = head;
  headers.set("cache-control", ownCacheControl(head));
  const vary = many(headers.get("vary")).join(", ");
  if (!/(^|,\s*)(cookie|\*)(\s*,|$)/i.test(vary))
    headers.set("vary", vary === "" ? "Cookie" : `${vary}, Cookie`);
};

const many = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : [value].flat();
