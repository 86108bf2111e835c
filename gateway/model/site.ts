import type { Experiment } from "./experiment.ts";

/** A site as the gateway knows it: settings with every default filled in. */
export interface Site {
  readonly id: string;
  /** exact names, `*.example.com`, or `*`; lower case */
  readonly hosts: readonly string[];
  readonly protocols: readonly string[];
  readonly writeKeys: readonly string[];
  /** addresses and CIDR ranges whose server events need no write key */
  readonly trustServerEvents?: readonly string[];
  readonly timezone: string;
  /** `required`: nothing is kept of a visitor who has not said yes */
  readonly consent: "required" | "assumed";
  /** Do Not Track counts as Global Privacy Control does */
  readonly dnt?: boolean;
  /** nothing is kept in browsers: visitors are told apart for a day, by address and browser */
  readonly cookieless?: boolean;
  /** which of the scripts is put into its pages */
  readonly script?: "core" | "full" | "legacy";
  /** parameters of addresses that the script sends, beside those of campaigns */
  readonly urlParams?: readonly string[];
  readonly sessions: SessionRules & JoinRules;
  readonly identity: IdentityRules;
  /** measurement ids that belong to it, `*` stands for any characters */
  readonly measurementIds: readonly string[];
  /** what stands before the paths of GA4 */
  readonly ga4Prefix?: string;
  /** the script that copies hits of GA4's tag is served where d8a has it */
  readonly ga4Duplicator?: boolean;
  /** 0 keeps addresses, 1 masks to /24 and /48, … 4 zeroes them */
  readonly ipMasking: number;
  readonly excludedUrlParams: readonly string[];
  /** hosts that are no source of visits; `*.example.com` */
  readonly ignoredReferrers: readonly string[];
  /** worth of one unit in USD by currency, or a file of them by date */
  readonly currencyRates: Readonly<Record<string, number>> | string;
  /** where no people are: addresses, ranges, or files of these */
  readonly datacenterRanges?: readonly string[];
  readonly filters: { readonly conditions: readonly TrafficFilter[] };
  /** rules for the channel, before the usual ones */
  readonly channels: readonly ChannelRule[];
  /** pepper of the original tracker's contact hashes */
  readonly legacyPepper: string;
  /** write the original tracker's hashes of host, browser and address */
  readonly legacyHashes?: boolean;
  /** hosts of the same owner: a visitor who follows a link from or to one of them stays the same */
  readonly linkDomains?: readonly string[];
  /** keys shared with the gateways of these hosts; the first seals */
  readonly linkKeys?: readonly { readonly id: string; readonly secret: string }[];
  readonly cookies: CookieNames;
  /** registrable domain for the cookies; null: worked out from the request's host */
  readonly cookieDomain: string | null;
  readonly experiments: readonly Experiment[];
  /** what browsers are told that they may reach it by https alone; null, left out: nothing */
  readonly hsts?: Hsts | null | undefined;
}

export interface Hsts {
  readonly maxAgeSeconds: number;
  readonly includeSubDomains: boolean;
  readonly preload: boolean;
}

/** What decides whether an event is kept, in the language of `enrich/filter`. */
export interface TrafficFilter {
  readonly name: string;
  readonly type: "allow" | "exclude" | "test";
  /** only names what matches, whatever the type */
  readonly test_mode: boolean;
  readonly expression: string;
}

/** An event is of this channel where everything the rule names is so; patterns must match whole. */
export interface ChannelRule {
  readonly channel: string;
  readonly source?: string | undefined;
  readonly medium?: string | undefined;
  readonly campaign?: string | undefined;
  /** what kind of place the source is */
  readonly referrer?: ReferrerKind | undefined;
  /** the medium or a click id says that it was paid for */
  readonly paid?: boolean | undefined;
}

export type ReferrerKind = "search" | "social" | "video" | "email" | "ai" | "shopping" | "referral";

export interface CookieNames {
  readonly visitor: string;
  readonly session: string;
  readonly referrer: string;
  readonly params: string;
  readonly experiments: string;
}

/** When a person's next event starts a new session. */
export interface SessionRules {
  /** may be a fraction */
  readonly idleMinutes: number;
  readonly maxHours: number;
  readonly maxEvents: number;
  readonly splitOnCampaign: boolean;
  readonly splitOnUser: boolean;
}

/** By what visitors of one person are joined. */
export interface JoinRules {
  readonly joinByUser: boolean;
  /** a mark of the day made of address and browser: joins cookieless visits, and people behind one address */
  readonly joinByStamp: boolean;
}

export interface IdentityRules {
  /** hits of no browser (no `Origin`) may say who somebody is */
  readonly allowWithoutOrigin: boolean;
  /** where the site's login token is: a cookie, or a header */
  readonly cookie?: string | undefined;
  readonly header?: string | undefined;
  /** what it is signed with: a secret, or public keys: themselves, their file, or their address */
  readonly secret?: string | undefined;
  readonly jwks?: string | { readonly keys: readonly unknown[] } | undefined;
  /** inner addresses where that address may lie, CIDR */
  readonly jwksAllow?: readonly string[];
  /** who must have made the token, and for whom */
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
  /** claim of the token that is the user's id */
  readonly claim?: string | undefined;
}
