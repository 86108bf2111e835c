/** Carries over what the original scripts left in the browser. Runs before anything reads a cookie. */

import { longSeconds } from "../identity.ts";
import { readCookie, writeCookie } from "../lib/cookies.ts";
import { safe } from "../lib/safe.ts";
import { script, tag } from "../tag.ts";
import { visitSeconds } from "../visit-seconds.ts";

/** The set-up object of the newest original script. */
interface Setup {
  readonly trackerUrl?: string;
}

declare global {
  interface Window {
    _sfpl?: Setup;
    track?: (fields: Readonly<Record<string, unknown>>) => void;
  }
}

const jsonCookie = safe((name: string): Readonly<Record<string, unknown>> | null =>
  JSON.parse(decodeURIComponent(readCookie(name) ?? "")),
);

// The original's tags say nothing; its script on another origin is what a drop-in script is now.
const origin = window._sfpl?.trackerUrl ?? new URL(script.src).origin;
if (tag.site === undefined && origin !== location.origin) tag.site = "";
if (window._sfpl?.trackerUrl) tag.collect ??= new URL("/tr/v1/", origin).href;

/** What the site had put into cookies for the original: its experiment, and who is logged in. */
export const oldFields = (): Readonly<Record<string, unknown>> => {
  const login = jsonCookie("ajwt") ?? jsonCookie("jwt");
  const user = (login?.["sfpl"] as { pub?: { uid?: unknown; uname?: unknown } } | undefined)?.pub;
  return { xid: experiment, ver: readCookie("ver") || undefined, uid: user?.uid, uname: user?.uname };
};
export const oldParams = (): object => jsonCookie("exp") ?? {};

const old = decodeURIComponent(readCookie("ref") ?? "");
/** The page before, which the original kept where the referring entity is now. */
export const oldLast = old.includes("/") ? old : undefined;
let experiment = readCookie("ex") || undefined;

const carryOver = (): void => {
  if (tag.site === undefined) return; // the gateway reads the cookies of its own site, and replaces them
  if (oldLast) writeCookie("ref");
  const xid = readCookie("xid");
  if (xid && !xid.includes("~")) {
    experiment ??= decodeURIComponent(xid);
    writeCookie("xid");
  }
  const sess = readCookie("sess");
  if (sess && !readCookie("sid")) writeCookie("sid", sess, visitSeconds);
  const client = "ga" in tag && /^GA\d\.\d\.(\d+\.\d+)$/.exec(readCookie("_ga") ?? "")?.[1];
  if (client && !readCookie("vid")) writeCookie("vid", client, longSeconds);
};
safe(carryOver)();
