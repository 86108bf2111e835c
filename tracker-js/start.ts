/** Joins the parts of the script that a visitor's browser runs. */

import type { WireCookies } from "../gateway/model/wire.ts";
import type { Consent, Fields, Properties, Tr } from "./api.ts";
import { cleanUrl } from "./clean-url.ts";
import { keepId, longSeconds, visitSeconds } from "./identity.ts";
import { readCookie, writeCookie } from "./lib/cookies.ts";
import { pick } from "./lib/pick.ts";
import { safe } from "./lib/safe.ts";
import { uuid7 } from "./lib/uuid7.ts";
import { isNobody, isPrerendering, isSilent, mayStore } from "./privacy.ts";
import { createSender } from "./send.ts";
import { browserStore } from "./store.ts";
import { script, tag } from "./tag.ts";

const { site } = tag;
// As it is now: what the page makes of it later is its own.
const nativeFetch = fetch;
const collect = new URL(tag.collect ?? "/tr/v1/", script.src).href;
/** The gateway does not see a choice that was made on another origin, so it is told with each request: `path` ends so. */
const ask = (path: string, body: string): Promise<Response> =>
  nativeFetch(collect + path + (isNobody() ? "tp_optout=1" : "tp_consent=" + readCookie("tp_consent")), {
    // A string goes as text/plain, so no preflight is ever needed, and cookies only to the page's own origin: those
    // of the tracker's host would compete with the ids that a drop-in script sends itself.
    method: "POST",
    body,
    // Larger bodies are refused with it: 64 KiB of them, together, may outlive a page.
    keepalive: body.length < 20_000,
  });

export const [add, flush, leave] = createSender(
  site ? `"site":"${site}",` : "",
  async (body) => {
    const { status, headers } = await ask("?", body);
    // Taken, or refused for good; an overloaded or a failing server is worth another try. What is missing, or a
    // date, counts as 0: multiplying makes a number of the text.
    return status >= 500 || status === 429
      ? 1000 * (headers.get("Retry-After") as unknown as number) || 0
      : -1;
  },
  browserStore,
);

/** Asks the gateway for what only it knows, or can do; to a drop-in site it answers the cookies to write. */
const tell = async (path: string, text: string): Promise<void> => {
  try {
    const { cookies }: { cookies: WireCookies } = await (await ask(path, text)).json();
    for (const one of cookies) writeCookie(...one);
  } catch {
    // A fronted site gets them by header; and what cannot be reached now is asked again with the next visit.
  }
};

/** The names of the gateway's cookies are settings, which it puts on the tag. */
const cookie = (name: "ref" | "xid" | "params"): string => readCookie(tag[`${name}Cookie`] ?? name);
const params = safe((): Fields["params"] => JSON.parse(decodeURIComponent(cookie("params"))));
/** The ids of a drop-in site; what else the gateway's cookies would hold it is asked for, once a visit. */
const keepIds = (): Fields => {
  const vid = keepId("vid", longSeconds);
  if (!readCookie("xid")) {
    writeCookie("xid", "~", visitSeconds); // asked for: the next event does not ask again
    void tell("x?vid=" + vid + "&", cleanUrl() + " " + last);
  }
  return { vid, sid: keepId("sid", visitSeconds) };
};
/** What an event says of its visitor beside its own fields. */
const common = (fields: Fields): Fields =>
  mayStore() ? { ...(site && keepIds()), ref: cookie("ref"), params: { ...params(), ...fields.params } } : {};

let seq = 0;
let held: Fields[] = [];
/** Hands on what was held back, if it may leave by now. */
const release = (): void => {
  if (isSilent()) return;
  const events = held;
  held = [];
  for (const event of events) add({ ...event, ...common(event) });
};
/**
 * Makes an event of fields, after the view it happens on. While nothing may leave it stays here, and the visitor is
 * not asked for.
 */
export const record = safe((fields: Fields): void => {
  if (fields.ename !== "page_view") view();
  // The queue reads the id at the beginning of the text.
  const event = { eid: uuid7(), created: Date.now(), seq: seq++, url: cleanUrl() };
  if (!held[99]) held.push({ ...event, ...fields }); // bounded
  release();
});

let seen: string | undefined;
let last = cleanUrl(document.referrer);

/**
 * Records one `page_view` per view: at load, at each navigation to another path or query (or fragment, where the tag
 * says so), and when the page comes back from the back/forward cache. With fields of its own it always records one.
 */
export const view = safe((fields?: Fields): void => {
  const [now] = location.href.split("hash" in tag ? " " : "#"); // no address has a space
  if ((now === seen && !fields) || isPrerendering()) return;
  seen = now;
  record({
    ename: "page_view",
    last,
    title: document.title,
    plid: tag.pageLoad,
    ...fields,
  });
  tag.pageLoad = ""; // one view only
  last = cleanUrl();
});

// Not at once: routers set the title after the address, and some redirect once they have rendered what they pushed,
// two or three tasks later. What is left so soon was seen by nobody; events and leaving do not wait.
export const moved = (): void => void setTimeout(view, 100);
for (const method of ["pushState", "replaceState"] as const) {
  const original = history[method];
  history[method] = function (...args) {
    original.apply(this, args);
    moved();
  };
}

const event = (type: "track" | "outcome") =>
  safe((ename: string, { value, currency, ...own }: Properties = {}) => {
    record({ ename: String(ename), type, value, currency, params: own });
  });
/** `window.tr` of this page. */
export const tr: Tr = Object.assign(event("track"), {
  outcome: event("outcome"),
  identify: (uid: string, traits?: Fields["traits"]) =>
    isNobody() || record({ ename: "identify", type: "identify", uid, traits }),
  page: (overrides?: Fields) => view(overrides ?? {}),
  reset: () => void tell("me?", '{"reset":true}'),
  variant: safe((key: string) => pick(cookie("xid"), key + ".", "~")),
  params,
  consent: safe((given: Consent) => {
    const isGiven = (given as { analytics?: unknown }).analytics ?? given; // `true` has no members
    const consent = isGiven === true ? "granted" : "denied";
    // It counts at once, and where the gateway cannot be reached; from the gateway it lives longer.
    writeCookie("tp_consent", consent, longSeconds);
    void tell("me?", `{"consent":"${consent}"}`);
    release();
  }),
  flush,
});
window.tr = tr;
