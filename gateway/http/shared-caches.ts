/** What an answer lets caches keep that many people ask, and how one that is a single visitor's keeps out of them. */
import type { ResponseHead } from "./exchange.ts";

/** Whether shared caches may keep it: then it must be the same for everybody, and nothing of one visitor's goes in. */
export const isShared = (head: ResponseHead): boolean =>
  /\b(public|s-maxage|immutable)\b/i.test(directives(head, "cache-control")) || mayBeKeptAtEdge(head);

/** Caches close to us take their own fields for the whole truth, whatever `Cache-Control` says (RFC 9213 §2.2). */
const mayBeKeptAtEdge = (head: ResponseHead): boolean =>
  [...head.headers.keys()].some((name) => {
    if (name === "x-accel-expires") return /^\s*(@|0*[1-9])/.test(directives(head, name));
    if (name !== "surrogate-control" && !name.endsWith("cdn-cache-control")) return false;
    const said = directives(head, name);
    return (
      /\b(public|immutable|(s-)?max-?age\s*=\s*0*[1-9])/i.test(said) && !/\b(private|no-store)\b/i.test(said)
    );
  });

/** Of an answer for one visitor, asked for anew each time; what the upstream forbids beyond that stays forbidden. */
export const ownCacheControl = (head: ResponseHead): string => {
  const said = directives(head, "cache-control");
  const kept = ["no-store", "no-transform"].filter((word) => new RegExp(`\\b${word}\\b`, "i").test(said));
  return ["private", "no-cache", ...kept].join(", ");
};

/** Without what is quoted: names of fields, which are no directives. */
const directives = (head: ResponseHead, name: string): string =>
  [head.headers.get(name) ?? ""]
    .flat()
    .join(",")
    .replace(/"[^"]*"/g, "");
