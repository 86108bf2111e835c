/** Joins the parts of the script that a visitor's browser runs. */

// biome-ignore assist/source/organizeImports: in this order the script packs best
import { browserStore } from "./store.ts";
import { uuid7 } from "./lib/uuid7.ts";
import { keepId, longSeconds } from "./identity.ts";
import { safe } from "./lib/safe.ts";
import { cleanUrl } from "./clean-url.ts";
import { createSender, type Sender } from "./send.ts";
import { readCookie, writeCookie } from "./lib/cookies.ts";
import { pick } from "./lib/pick.ts";
import { isNobody, isSilent, isUnseen, mayStore } from "./privacy.ts";
import { script, tag } from "./tag.ts";
import { visitSeconds } from "./visit-seconds.ts";
import type { Consent, Properties, Tr } from "./api.ts";
import type { Fields } from "./core-api.ts";
import type { WireLink } from "../gateway/model/wire.ts";

// As it is now: what the page makes of it later is its own.
const nativeFetch = fetch;
/** The gateway does not see a choice that was made on another origin, so it is told with each request: `path` ends so. */
const ask = async (path: string, body: string): Promise<Response> =>
  nativeFetch(
    new URL(tag.collect || "/tr/v1/", script.src) +
      path +
      (isNobody() ? "tp_optout=1" : "tp_consent=" + [readCookie("tp_consent")]) +
      "&tp_site=" +
      [tag.site], // a list writes nothing for what is missing
    {
      // Larger bodies are refused with it: 64 KiB of them, together, may outlive a page.
      method: "POST",
      keepalive: !body[20_000],
      // A string goes as text/plain, so no preflight is ever needed, and cookies only to the page's own origin: those
      // of the tracker's host would compete with the ids that a drop-in script sends itself.
      body,
    },
  );

/** Asks the gateway for what only it knows, or can do; to a drop-in site it answers the cookies to write. */
export const enquire = async (path: string, text: string): Promise<string | undefined> => {
  try {
    const told: WireLink = await (await ask(path, text)).json();
    told.cookies.map((one) => writeCookie(...one));
    return told.link;
  } catch {
    // A fronted site gets them by header; and what cannot be reached now is asked again with the next visit.
  }
};

const wish = (wanted: object) => enquire("me?", JSON.stringify(wanted));

/** The names of the gateway's cookies are settings, which it puts on the tag. */
const cookie = (name: "ref" | "xid" | "params") => readCookie(tag[`${name}Cookie`] ?? name);
const params = safe((): Fields["params"] =>
  // Without the cookie nothing is thrown: a page's first exception takes it 1.5 ms.
  JSON.parse(decodeURIComponent(cookie("params") || "{}")),
);
/** What an event says of its visitor beside its own fields. */
export const common = (fields: Fields, vid?: string): Fields | undefined => {
  if (!mayStore()) return;
  if ("site" in tag) {
    vid = keepId("vid", longSeconds);
    // What else the gateway's cookies would hold a drop-in site asks for, once a visit. Who keeps no cookies, as a frame
    // in a page of another site, would ask with each event, and could not be told.
    if (vid && !readCookie("xid")) {
      writeCookie("xid", "~", visitSeconds); // asked for: the next event does not ask again
      void enquire(`x?vid=${vid}&`, fields.url + " " + fields.last);
    }
  }
  return {
    ...(vid && { vid, sid: keepId("sid", visitSeconds) }),
    ref: cookie("ref"),
    params: { ...params(), ...fields.params },
  };
};

let seq = 0;
export const held: Fields[] = [];
const sender = createSender((body) => ask("?", body), browserStore);
/** Hands on what was held back, if it may leave by now, and answers who takes it. */
export const release = (): Sender => {
  // The queue reads the id at the beginning of the text.
  isSilent() || held.splice(0).map((event) => sender[0]({ eid: uuid7(), ...event, ...common(event) }));
  return sender;
};
/**
 * Makes an event of fields, after the view it happens on. While nothing may leave it stays here, and the visitor is
 * not asked for.
 */
export const record = (fields: Fields): void => {
  view(); // which a view has just seen to
  if (!held[99]) held.push({ created: Date.now(), seq: seq++, url: cleanUrl(), ...fields });
  // The first view waits for its task: see run.ts.
  if (seq > 1) release();
};

let seen: string | undefined;
let last = document.referrer;

/**
 * Records one `page_view` per view: at load, at each navigation to another path or query (or fragment, where the tag
 * says so), and when the page comes back from the back/forward cache. With fields of its own it always records one.
 */
export const view = safe((fields?: Fields): void => {
  const now = location.href.split("hash" in tag ? " " : "#")[0]; // no address has a space
  if ((now === seen && !fields) || isUnseen()) return;
  seen = now;
  record({
    plid: tag.pageLoad,
    last: cleanUrl(last),
    ename: "page_view",
    title: document.title,
    ...fields,
  });
  tag.pageLoad = ""; // one view only
  last = now as string; // split() answers one at least
});

// Not at once: routers set the title after the address, and some redirect once they have rendered what they pushed,
// two or three tasks later. What is left so soon was seen by nobody; events and leaving do not wait.
export const moved = () => {
  setTimeout(view, 100);
};
/** Take our functions off History, unless somebody has put others over them: those go on to call ours. */
const unwrap = (["pushState", "replaceState"] as const).map((method) => {
  const original = history[method];
  // biome-ignore lint/suspicious/noAssignInExpressions: shorter
  const own = (history[method] = (...args) => {
    (moved as (done: unknown) => void)(original.apply(history, args)); // shorter
  });
  // biome-ignore lint/suspicious/noAssignInExpressions: shorter
  return () => history[method] === own && (history[method] = original);
});

/** A copy of what the page gave, as it is now; nothing of what is no JSON, so that its event goes without it. */
const plain = safe(<T>(given: T): T => JSON.parse(JSON.stringify(given)));
const event = (type: "track" | "outcome") =>
  // The gateway takes the amount out of the properties.
  safe((ename: string, properties?: Properties) => record({ type, params: plain(properties), ename }));
/** Records an event of what was seen, with what there is to say of it. */
export const tell = event("track");
// The order of its members is the one that packs best, as that of other objects here.
window.tr = Object.assign(tell, {
  stop: () => {
    release();
    tag.stop = 1 as unknown as string; // which the browser makes of it
    unwrap.map((undo) => undo());
  },
  params,
  consent: (given: Consent) => {
    const isGiven = (given as { analytics?: unknown })?.analytics ?? given; // `true` has no members
    // Who takes it back takes back what is kept.
    // biome-ignore lint/complexity/noCommaOperator: shorter
    const consent = true === isGiven ? "granted" : (browserStore(browserStore()), "denied");
    // It counts at once, and where the gateway cannot be reached; from the gateway it lives longer.
    writeCookie("tp_consent", consent, longSeconds);
    void wish({ consent });
    release();
  },
  outcome: event("outcome"),
  reset: () => wish({ reset: true }),
  identify: (uid: string, traits?: Fields["traits"]) =>
    isNobody() || record({ type: "identify", uid, traits: plain(traits) }),
  page: (overrides?: Fields) => view({ ...plain(overrides) }),
  flush: () => release()[1](),
  variant: safe((key: string) => pick(cookie("xid"), key + ".", "~")),
  optout: (optout = true) => {
    // What is kept, here as by other tabs; who takes back what was never said loses nothing.
    if (optout) browserStore(browserStore());
    writeCookie("tp_optout", 1, (optout as unknown as number) * longSeconds);
    void wish({ optout });
  },
  share: async (url = location.href, who = release() && common({})) =>
    (who && (await enquire(`share?vid=${who.vid}&`, url))) || url,
} satisfies Omit<Tr, "q">);
