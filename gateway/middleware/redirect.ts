import { HttpError } from "../http/http-error.ts";
import type { Guard, Reply } from "./guard.ts";
import { leadsTo, originOf } from "./redirect-target.ts";
import type { RedirectRules } from "./settings.ts";

/** A longer path matches no rule: what an expression takes grows with it. */
const longestPath = 2048;

/** Sends elsewhere what the first fitting rule names; it never leads to a host that the settings do not name. */
export const guardByRedirect = (rules: RedirectRules): Guard => {
  const compiled = rules.map(({ pattern, to, status }) => ({
    pattern: new RegExp(pattern),
    to,
    status,
    origin: originOf(to) ?? "",
  }));
  return ({ path, query }) => {
    if (path.length > longestPath) return null;
    for (const { pattern, to, status, origin } of compiled) {
      const match = pattern.exec(path);
      if (match) return redirectTo(locationOf(to, match, query), status, origin);
    }
    return null;
  };
};

const locationOf = (to: string, match: RegExpExecArray, query: string): string => {
  const filled = to.replace(/\$(\d)/g, (_, group: string) => match[Number(group)] ?? "");
  const location = query !== "" && !to.includes("?") ? withQuery(filled, query) : filled;
  return location.replace(/[^\x21-\x7e]/gu, encode);
};

const withQuery = (location: string, query: string): string => {
  const hash = location.indexOf("#");
  return hash < 0 ? `${location}?${query}` : `${location.slice(0, hash)}?${query}${location.slice(hash)}`;
};

// Node gives a path's bytes one character each.
const encode = (text: string): string =>
  [...Buffer.from(text, text > "\xff" ? "utf8" : "latin1")]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
    .join("");

const redirectTo = (location: string, status: number, origin: string): Reply => {
  if (!leadsTo(location, origin)) throw new HttpError(400, "the path would lead to another host");
  return { status, pairs: ["location", location], body: Buffer.alloc(0) };
};
