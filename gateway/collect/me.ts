import { setCookie } from "../http/cookies.ts";
import type { Exchange, Handler } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { readBody } from "../http/read-body.ts";
import { corsHeaders, originOf } from "./cors.ts";

export interface MeOptions {
  /** `Set-Cookie` values that make the browser forget the visitor */
  readonly forget: (x: Exchange) => readonly string[];
  readonly cookieScope: (x: Exchange) => { readonly domain: string | null; readonly secure: boolean };
  readonly consentCookie: string;
  readonly optOutCookie: string;
}

/** The longest life browsers grant a cookie: a wish should not have to be repeated. */
const wishSeconds = 34_560_000;

/**
 * `POST …/me`: what a script cannot do to an HttpOnly cookie. JSON: `{"reset": true}` forgets the visitor,
 * `{"consent": "granted" | "denied"}` and `{"optout": true | false}` keep the visitor's wish. 204; 400 for anything
 * else, 403 from another site's page.
 */
export const me = (options: MeOptions): Handler => {
  return async (x) => {
    if (x.req.method !== "POST")
      throw new HttpError(405, "only POST is answered here", { headers: { allow: "POST" } });
    const origin = originOf(x);
    if (origin === "foreign" || origin === "any")
      throw new HttpError(403, "a page of another site cannot change this visitor");
    const cookies = cookiesFor(x, parse((await readBody(x.req, 4096)).toString("utf8")), options);
    const headers = [...corsHeaders(x, origin), "cache-control", "no-store"];
    for (const cookie of cookies) headers.push("set-cookie", cookie);
    x.res.writeHead(204, headers);
    x.res.end();
  };
};

interface Wish {
  readonly reset?: unknown;
  readonly consent?: unknown;
  readonly optout?: unknown;
}

const cookiesFor = (x: Exchange, wish: Wish, options: MeOptions): readonly string[] => {
  const keep = { ...options.cookieScope(x), maxAgeSeconds: wishSeconds, httpOnly: false };
  if (wish.reset === true) return options.forget(x);
  if (wish.consent === "granted") return [setCookie(options.consentCookie, "granted", keep)];
  if (wish.consent === "denied")
    return [setCookie(options.consentCookie, "denied", keep), ...options.forget(x)];
  if (wish.optout === true) return [setCookie(options.optOutCookie, "1", keep), ...options.forget(x)];
  if (wish.optout === false) return [setCookie(options.optOutCookie, "", { ...keep, maxAgeSeconds: 0 })];
  throw new HttpError(
    400,
    'expected {"reset": true}, {"consent": "granted" | "denied"} or {"optout": true | false}',
  );
};

const parse = (text: string): Wish => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {}; // falls through to the sentence that says what is expected
  }
};
