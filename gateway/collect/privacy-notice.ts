/** `GET …/privacy`: every cookie and stored value, who sets it, for how long, what for, and who can read it. */
import type { Exchange } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import type { Site } from "../model/site.ts";
import { corsHeaders, originOf } from "./cors.ts";
import { visitSeconds, wishSeconds } from "./own-cookies.ts";

/** Where a site stands: behind the gateway, or with the script alone. */
export type Home = "fronted" | "dropIn";

export interface Kept {
  readonly name: string;
  readonly where: "cookie" | "localStorage" | "sessionStorage";
  readonly homes: readonly Home[];
  /** `gateway`: by the answer's header; `script`: by the script in the page */
  readonly setBy: "gateway" | "script";
  /** seconds; null as long as the browser or the tab is open */
  readonly seconds: number | null;
  readonly readableByScripts: boolean;
  readonly purpose: string;
}

const purposes = {
  visitor: "tells one visitor from another, to count people instead of page views",
  session: "holds the page views of one visit together",
  referrer: "the referral code or the site that led here, never an address",
  params: "what the variants of running experiments change on the page",
  experiments: "the variants of running experiments that this visitor is shown",
  consent: "keeps the answer to the question for consent",
  optOut: "keeps the wish not to be counted",
} as const;

/** What either home keeps of a visitor who has refused nothing; who has, is left with `tp_consent` or `tp_optout`. */
export const keptBy = (site: Pick<Site, "cookies" | "sessions" | "cookieless">): readonly Kept[] =>
  site.cookieless ? wishesKept : [...wishesKept, ...byGateway(site), ...byScript];

const gateway = { where: "cookie", homes: ["fronted"], setBy: "gateway", readableByScripts: true } as const;
const script = { where: "cookie", homes: ["dropIn"], setBy: "script", readableByScripts: true } as const;
const both = { ...script, homes: ["fronted", "dropIn"] } as const;

const wishesKept: readonly Kept[] = [
  { ...both, name: "tp_consent", seconds: wishSeconds, purpose: purposes.consent },
  { ...both, name: "tp_optout", seconds: wishSeconds, purpose: purposes.optOut },
];

const byGateway = ({ cookies, sessions }: Pick<Site, "cookies" | "sessions">): readonly Kept[] => [
  {
    ...gateway,
    name: cookies.visitor,
    seconds: wishSeconds,
    // A script that was broken into could carry it away.
    readableByScripts: false,
    purpose: purposes.visitor,
  },
  {
    ...gateway,
    name: cookies.session,
    seconds: Math.ceil(sessions.idleMinutes * 60),
    purpose: purposes.session,
  },
  { ...gateway, name: cookies.referrer, seconds: null, purpose: purposes.referrer },
  { ...gateway, name: cookies.experiments, seconds: null, purpose: purposes.experiments },
  { ...gateway, name: cookies.params, seconds: null, purpose: purposes.params },
];

const byScript: readonly Kept[] = [
  { ...script, name: "vid", seconds: wishSeconds, purpose: purposes.visitor },
  { ...script, name: "sid", seconds: visitSeconds, purpose: purposes.session },
  { ...script, name: "ref", seconds: visitSeconds, purpose: purposes.referrer },
  { ...script, name: "xid", seconds: visitSeconds, purpose: purposes.experiments },
  { ...script, name: "params", seconds: visitSeconds, purpose: purposes.params },
  { ...both, name: "tp_d", seconds: 9, purpose: "finds out the site's domain, and is removed at once" },
  {
    ...both,
    name: "tp_q…",
    where: "localStorage",
    seconds: 518_400,
    purpose: "events that are not delivered yet, each under a name that begins so",
  },
  {
    ...both,
    name: "tp_last",
    where: "sessionStorage",
    seconds: null,
    purpose: "the page before, where the browser does not tell it (track.full.js)",
  },
];

/** Answers what is kept on this site, made from its settings. */
export const privacyNotice = (x: Exchange): void => {
  if (x.req.method !== "GET" && x.req.method !== "HEAD")
    throw new HttpError(405, "only GET is answered here", { headers: { allow: "GET, HEAD" } });
  const headers = [
    ...corsHeaders(x, originOf(x)),
    "cache-control",
    "no-cache",
    "content-type",
    "application/json",
  ];
  const { consent, dnt = false, cookieless = false, ipMasking } = x.site;
  const notice = {
    site: x.site.id,
    consent,
    doNotTrack: dnt,
    cookieless,
    globalPrivacyControl: true,
    ipMasking,
    kept: keptBy(x.site),
  };
  x.res.writeHead(200, headers);
  x.res.end(x.req.method === "HEAD" ? undefined : `${JSON.stringify(notice, null, 2)}\n`);
};
