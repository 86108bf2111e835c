import { parseCookies, setCookie } from "../http/cookies.ts";
import type { Exchange } from "../http/exchange.ts";
import type { Assignment } from "../model/experiment.ts";
import type { Visitor } from "../model/visitor.ts";
import type { NamesInForce } from "./cookie-names.ts";
import { referrerEntity } from "./referrer-entity.ts";
import type { Visitors } from "./visitor.ts";

interface CookieOptions {
  readonly visitors: Visitors;
  readonly names: NamesInForce;
  readonly formatXid: (assignments: readonly Assignment[]) => string;
}

/** Who asks for a document, and what is shown to him. */
interface Visit {
  readonly visitor: Visitor;
  readonly assignments: readonly Assignment[];
  /** class of an automated client, null for people */
  readonly bot: string | null;
}

/** The `Set-Cookie` values that a document brings: the visitor's, and what of the rest has changed; none for nobody. */
export const documentCookies = (
  x: Exchange,
  { visitor, assignments, bot }: Visit,
  { names: inForce, visitors, formatXid }: CookieOptions,
): readonly string[] => {
  if (!visitor.id || bot || x.site.cookieless) return [];
  const names = inForce.of(x.site);
  const scope = { ...visitors.cookieScope(x), httpOnly: false };
  const have = parseCookies(x.req.headers.cookie);
  const cookies = [...visitors.cookies(x, visitor)];
  // The original scripts kept an address there, which is no entity.
  const known = have.get(names.referrer)?.some((value) => value !== "" && !value.includes("/"));
  const entity = known ? null : referrerEntity(x);
  if (entity) cookies.push(setCookie(names.referrer, entity, scope));
  const wanted = [
    [names.experiments, formatXid(assignments)],
    [names.params, paramsOf(assignments)],
  ] as const;
  for (const [name, value] of wanted) {
    if (value === (have.get(name)?.[0] ?? "")) continue;
    cookies.push(setCookie(name, value, value === "" ? { ...scope, maxAgeSeconds: 0 } : scope));
  }
  return cookies;
};

/** The values that variants carry for the page, as JSON of at most 1 KB; "" where there are none. */
const paramsOf = (assignments: readonly Assignment[]): string => {
  const params = Object.assign({}, ...assignments.map((a) => a.params)) as Record<string, unknown>;
  const text = JSON.stringify(params);
  return text === "{}" || text.length > 1024 ? "" : text;
};
