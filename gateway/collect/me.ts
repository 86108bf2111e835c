import { setCookie } from "../http/cookies.ts";
import type { Exchange, Handler } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import type { ReadBody } from "../http/read-body.ts";
import type { WireCookies } from "../model/wire.ts";
import { corsHeaders, originOf } from "./cors.ts";
import { forgetting, isElsewhere, wishSeconds } from "./own-cookies.ts";

export interface MeOptions {
  readonly readBody: ReadBody;
  /** `Set-Cookie` values that make the browser forget the visitor */
  readonly forget: (x: Exchange) => readonly string[];
  readonly cookieScope: (x: Exchange) => { readonly domain: string | null; readonly secure: boolean };
  readonly consentCookie: string;
  readonly optOutCookie: string;
}

/**
 * `POST …/me`: what a script cannot do to an HttpOnly cookie. JSON: `{"reset": true}` forgets the visitor,
 * `{"consent": "granted" | "denied"}` and `{"optout": true | false}` keep the visitor's wish. 204; 400 for anything
 * else, 403 from another site's page. A page of the site on another host, whose script keeps the cookies itself, is
 * answered 200 with those to write; where the site takes every host, with nothing else.
 */
export const me = (options: MeOptions): Handler => {
  return async (x) => {
    if (x.req.method !== "POST")
      throw new HttpError(405, "only POST is answered here", { headers: { allow: "POST" } });
    const origin = originOf(x);
    if (origin === "foreign") throw new HttpError(403, "a page of another site cannot change this visitor");
    const wish = parse((await options.readBody(x, 4096)).toString("utf8"));
    const headers = [...corsHeaders(x, origin), "cache-control", "no-store"];
    const { set, own } = cookiesFor(x, wish, options);
    if (origin === "any" && !isElsewhere(x))
      throw new HttpError(403, "a page of another site cannot change this visitor");
    if (origin !== "any") for (const cookie of set) headers.push("set-cookie", cookie);
    if (!isElsewhere(x)) return void x.res.writeHead(204, headers).end();
    x.res.writeHead(200, [...headers, "content-type", "application/json"]);
    x.res.end(JSON.stringify({ cookies: own }));
  };
};

interface Wish {
  readonly reset?: unknown;
  readonly consent?: unknown;
  readonly optout?: unknown;
}

/** What a wish does to the cookies: as header values, and as a script on another host writes them. */
interface Change {
  readonly set: readonly string[];
  readonly own: WireCookies;
}

const cookiesFor = (x: Exchange, wish: Wish, options: MeOptions): Change => {
  const keep = (name: string, value: string, seconds = wishSeconds): Change => ({
    set: [setCookie(name, value, { ...options.cookieScope(x), maxAgeSeconds: seconds, httpOnly: false })],
    own: [[name, value, seconds]],
  });
  const forget: Change = { set: options.forget(x), own: forgetting };
  if (wish.reset === true) return forget;
  if (wish.consent === "granted") return keep(options.consentCookie, "granted");
  if (wish.consent === "denied") return both(keep(options.consentCookie, "denied"), forget);
  if (wish.optout === true) return both(keep(options.optOutCookie, "1"), forget);
  if (wish.optout === false) return keep(options.optOutCookie, "", 0);
  throw new HttpError(
    400,
    'expected {"reset": true}, {"consent": "granted" | "denied"} or {"optout": true | false}',
  );
};

const both = (a: Change, b: Change): Change => ({ set: [...a.set, ...b.set], own: [...a.own, ...b.own] });

const parse = (text: string): Wish => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {}; // falls through to the sentence that says what is expected
  }
};
