/** What a GA4 client says of consent: `gcs`, `gcd` and `npa`. */
import type { Hit, Privacy } from "../../model/hit.ts";
import type { Fields } from "./fields.ts";

/** true granted, false denied, null not said */
export interface Consent {
  readonly adsStorage: boolean | null;
  readonly analyticsStorage: boolean | null;
  readonly adsUserData: boolean | null;
  readonly adsPersonalization: boolean | null;
}

/** `gcs` is what is in force; `gcd` says more purposes, and what was the default of each. */
export const readConsent = (fields: Fields): Consent => {
  const states = statesOf(fields.get("gcs"));
  const details = detailsOf(fields.get("gcd"));
  const personal = details?.[3] ?? null;
  return {
    adsStorage: states?.[0] ?? details?.[0] ?? null,
    analyticsStorage: states?.[1] ?? details?.[1] ?? null,
    adsUserData: details?.[2] ?? null,
    adsPersonalization: fields.get("npa") === "1" ? false : personal,
  };
};

type State = boolean | null;

/** `G1xy`: x stands for advertising storage, y for analytics storage. */
const statesOf = (gcs: string | undefined): readonly [State, State] | null => {
  if (gcs === undefined || gcs.charCodeAt(0) !== 0x47 /* G */) return null;
  return [bit(gcs[2]), bit(gcs[3])];
};

const bit = (sign: string | undefined): State => (sign === "1" ? true : sign === "0" ? false : null);

/** A letter for each of four purposes between digits, such as `13r3q2t2l1`. */
const detailsOf = (gcd: string | undefined): readonly State[] | null => {
  const found = gcd === undefined ? null : gcdForm.exec(gcd);
  return found?.slice(1).map((letter) => letters[letter] ?? null) ?? null;
};

const gcdForm = /^1\d([a-z])\d([a-z])\d([a-z])\d([a-z])/;

/** What each letter says is in force; `l`: nothing was said. */
const letters: Readonly<Record<string, boolean>> = {
  n: true,
  r: true,
  t: true,
  v: true,
  m: false,
  p: false,
  q: false,
  u: false,
};

/**
 * What the visitor allows, by the request and the client's own word. A signal of the browser and a choice made on the
 * site stand above it; where the site asks for consent, the client's yes is one.
 */
export const privacyBy = (analyticsStorage: boolean | null, asked: Privacy): Privacy => {
  if (analyticsStorage === null || (asked.reason !== null && strongReasons.has(asked.reason))) return asked;
  if (asked.consent === "denied" || !analyticsStorage) return denied;
  return granted;
};

const strongReasons: ReadonlySet<string> = new Set(["gpc", "dnt", "optout"]);

/** Does the client say yes for a visitor who is not its own? A no counts from anywhere, a yes from pages of the site. */
export const isForeignYes = (
  analyticsStorage: boolean | null,
  { isForeign = false }: Pick<Hit, "isForeign">,
) => isForeign && analyticsStorage === true;

const denied: Privacy = { tracking: "none", consent: "denied", reason: "consent" };
const granted: Privacy = { tracking: "full", consent: "granted", reason: null };
