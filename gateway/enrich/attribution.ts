/**
 * Where a hit comes from: source, medium, term and channel, worked out from the hit alone. A click id says more than
 * the referrer, a campaign more than both, each of its parts for itself. The site's own pages, where people
 * pay or sign in, and what the site ignores are no source.
 */
import type { Event } from "../model/event.ts";
import type { ReferrerKind } from "../model/site.ts";
import { isTagEvent } from "../model/tag-event.ts";
import type { ChannelReader } from "./channel.ts";
import type { Click } from "./click-ids.ts";
import { isOwnHost } from "./own-hosts.ts";
import type { PageReader } from "./page-facts.ts";
import type { HitContext, Pass } from "./pass.ts";
import type { ReferrerFacts, ReferrerReader } from "./referrer-facts.ts";

/** What counts of a place that somebody came from. */
interface Origin {
  readonly source: string;
  readonly medium: string;
  readonly term: string;
  readonly kind: ReferrerKind | null;
}

const direct: Origin = { source: "direct", medium: "none", term: "", kind: null };

export interface AttributionParts {
  readonly pages: PageReader;
  readonly referrers: ReferrerReader;
  readonly channels: ChannelReader;
  /** what kind of place goes by a name in reports */
  readonly kindOf: (source: string) => ReferrerKind | null;
}

/** Runs before the addresses are cleaned of the parameters it reads. */
export const fillTraffic =
  ({ pages, referrers, channels, kindOf }: AttributionParts): Pass =>
  (event, request) => {
    if (event.type === "log" || event.type === "exposure" || request.trusted) return;
    if (!saysWhere(event) && !isTagEvent(event)) return;
    const page = event.page_location ? pages(event.page_location, request.site) : null;
    const referrer = event.page_referrer ? referrers(event.page_referrer) : null;
    const click = page?.click ?? null;
    const origin = click
      ? fromClick(click, referrer)
      : (fromReferrer(referrer, page?.hostname ?? null, event, request) ?? direct);
    const source = wordOf(event.utm_source) || origin.source;
    const medium = wordOf(event.utm_medium) || origin.medium;
    const term = wordOf(event.utm_term) || origin.term;
    const kind = (source === origin.source ? origin.kind : null) ?? kindOf(source);
    const paidClick = click !== null && paidMedia.has(click.medium);
    event.traffic_source ??= source;
    event.traffic_medium ??= medium;
    if (term !== "") event.traffic_term ??= term;
    event.channel ??= channels(
      { source, medium, campaign: wordOf(event.utm_campaign), kind, paidClick },
      request.site,
    );
  };

/** Of a tag's event that says nothing the flat table has it that somebody came directly. */
const saysWhere = (event: Event): boolean =>
  Boolean(event.page_location || event.page_referrer || event.utm_source || event.utm_medium);

const paidMedia: ReadonlySet<string> = new Set(["cpc"]);

/** Instagram and Facebook share their click ids: the page somebody came from tells them apart. */
const fromClick = (click: Click, referrer: ReferrerFacts | null): Origin => {
  const isSister = click.source === "facebook" && referrer?.place?.source === "instagram";
  return { ...click, source: isSister ? "instagram" : click.source, term: "", kind: null };
};

const fromReferrer = (
  referrer: ReferrerFacts | null,
  pageHost: string | null,
  event: Event,
  { site }: HitContext,
): Origin | null => {
  if (referrer === null || referrer.host === null || event.ignore_referrer === true) return null;
  if (referrer.sendsBack || isOwnHost(referrer.host, pageHost ?? event.page_hostname ?? null, site))
    return null;
  const { place, term } = referrer;
  if (place === null)
    return { ...direct, source: wordOf(referrer.host), medium: "referral", kind: "referral" };
  return { source: place.source, medium: mediumOf(place.kind), term: wordOf(term), kind: place.kind };
};

const mediumOf = (kind: ReferrerKind): string => {
  if (kind === "search") return "organic";
  return kind === "shopping" ? "referral" : kind;
};

/** How a word stands in reports: lower case, blanks as dashes, without the signs that would end it in an address. */
const wordOf = (text: string | null | undefined): string => {
  if (!text || plainWord.test(text)) return text ?? "";
  const bare = text.trim().toLowerCase();
  return bare.replaceAll(/[/\\?&=#]/g, "").replaceAll(/\s/g, "-");
};

const plainWord = /^[a-z0-9._-]*$/;
