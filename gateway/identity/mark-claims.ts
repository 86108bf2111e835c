import { createHash } from "node:crypto";
import { maskIp } from "../lib/mask-ip.ts";
import type { Event } from "../model/event.ts";
import type { Hit } from "../model/hit.ts";
import type { TokenReader } from "./login-token.ts";
import { isPlaceholder } from "./placeholder.ts";

/** How a hit stands to its site, as far as a browser says: `own` is a page of the site, `none` no browser at all. */
export type HitOrigin = "own" | "any" | "none" | "foreign";

export type ClaimMarker = (event: Event, hit: Hit, origin: HitOrigin) => void;

/**
 * Writes onto an event what it may say of who somebody is, as long as the request is in hand that decides it. Later
 * nobody can tell any more, and what has no mark joins nobody. `tokens` reads the login tokens of a site that has any.
 */
export const createClaimMarker =
  (tokens: ReadonlyMap<string, TokenReader>): ClaimMarker =>
  (event, hit, origin) => {
    const tokenUser = event.bot ? null : userOfToken(tokens.get(hit.site.id), event, hit, origin);
    if (tokenUser !== null) takeToken(event, tokenUser);
    // A decoder may have checked a secret of its protocol.
    const by = event.bot ? null : (event.user_claim ?? claimant(event, hit, origin));
    if (event.user_id && isPlaceholder(event.user_id)) namePlaceholder(event, event.user_id);
    else if (by !== null && (event.user_id || event.type === "alias")) event.user_claim = by;
    markStamp(event, hit, by);
  };

const userOfToken = (
  reader: TokenReader | undefined,
  event: Event,
  hit: Hit,
  origin: HitOrigin,
): string | null => {
  if (reader === undefined || origin === "foreign" || origin === "any") return null;
  if (hit.privacy.tracking === "none" || hit.trusted || !isOwnVisitor(event, hit)) return null;
  return reader(hit.headers, hit.receivedAt);
};

/** What the site has signed beats what the page says. */
const takeToken = (event: Event, userId: string): void => {
  if (event.user_id && event.user_id !== userId) {
    nameProblem(event, "another user than the login token names: the token counts");
  }
  event.user_id = userId;
  event.user_claim = "token";
};

/**
 * Who makes the claim: the site's server for anybody; a page of the site by POST, for the visitor of its own cookie.
 * Without a cookie the id that the page keeps itself is the visitor's.
 */
const claimant = (event: Event, hit: Hit, origin: HitOrigin): "server" | "page" | null => {
  if (hit.privacy.tracking === "none") return null;
  if (hit.trusted) return "server";
  if (hit.method !== "POST") return null; // an image or a link on any page can make a GET
  if (origin !== "own" && !(origin === "none" && hit.site.identity.allowWithoutOrigin)) return null;
  return isOwnVisitor(event, hit) ? "page" : null;
};

const isOwnVisitor = (event: Event, hit: Hit): boolean =>
  hit.visitorId === null || hit.visitorId === event.client_id;

const namePlaceholder = (event: Event, userId: string): void => {
  delete event.user_claim;
  nameProblem(
    event,
    `${JSON.stringify(userId.slice(0, 40))} stands for nobody in particular: it joins no visitors`,
  );
};

const nameProblem = (event: Event, problem: string): void => {
  event.problems = [...(event.problems ?? []), { field: "user_id", problem }];
};

/** A decoder leaves here what the client wants to be its stamp. */
const markStamp = (event: Event, hit: Hit, by: string | null): void => {
  const forced = event.session_stamp;
  if (forced !== undefined) delete event.session_stamp;
  const { site, privacy } = hit;
  if (!site.sessions.joinByStamp || privacy.tracking === "none" || event.bot || !event.client_id) return;
  if (site.consent === "required" && privacy.consent !== "granted") return;
  if (forced) {
    if (by !== null) event.session_stamp = digest(["fss", site.id, forced]);
  } else if (!hit.trusted) event.session_stamp = stampOf(hit);
};

/**
 * The mark of a browser on a day. It is made of the address as it is stored, so that it tells no more of it, and changes
 * with the day.
 */
const stampOf = ({ headers, address, site, receivedAt }: Hit): string =>
  digest([
    ...stampHeaders.map((name) => headers[name] ?? ""),
    maskIp(address, site.ipMasking) ?? "",
    site.id,
    new Date(receivedAt).toISOString().slice(0, 10),
  ]);

const stampHeaders = [
  "accept",
  "accept-encoding",
  "accept-language",
  "user-agent",
  "sec-ch-ua",
  "sec-ch-ua-mobile",
  "sec-ch-ua-platform",
  "sec-ch-ua-platform-version",
  "sec-ch-ua-model",
  "sec-ch-ua-full-version",
] as const;

const digest = (parts: readonly string[]): string =>
  createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 32);
