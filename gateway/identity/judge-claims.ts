/**
 * Which claims join. The earliest ones do, by the time of the events that make them: whatever comes in whatever order,
 * the same are joined in the end.
 */
import type { IdentityKind, IdentityLink } from "../model/projection.ts";

export interface Limits {
  /** visitors that one identity joins, where neither the site's server nor a signature says that it is theirs */
  readonly visitors: number;
  /** identities that one visitor joins: a till or a library's computer is not one person */
  readonly identities: number;
  /** claims that are kept: of those to one identity that nobody vouches for, and of one visitor */
  readonly kept: number;
}

export const limitsOf: Readonly<Record<IdentityKind, Limits>> = {
  user: { visitors: 20, identities: 5, kept: 200 },
  // Where each hit of a visit comes with a visitor of its own, a visit has many; a visitor has one a day, at times two.
  stamp: { visitors: 1000, identities: 200, kept: 1000 },
};

/** Earlier claims first; of one moment by visitor, and by identity: by their ids, since numbers tell which came first. */
export const compareClaims = (a: IdentityLink, b: IdentityLink): number =>
  a.since - b.since || compareText(a.clientId, b.clientId) || compareText(a.claimed, b.claimed);

const compareText = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1);

/** Claims to one identity, or of one visitor, by their place: the first so many join, what is beyond `kept` goes. */
export interface Ranked {
  readonly first: ReadonlySet<string>;
  readonly surplus: readonly IdentityLink[];
}

/**
 * Only when a claim was first made decides its place, never whether another one joins: no chain of changes follows from
 * one. A claim that was taken back has no place.
 */
export const rankClaims = (claims: readonly IdentityLink[], joining: number, kept: number): Ranked => {
  const ranked = claims.filter(({ undone }) => !undone).sort(compareClaims);
  return {
    first: new Set(ranked.slice(0, joining).map(keyOfLink)),
    surplus: ranked.slice(kept),
  };
};

export const keyOfLink = ({ identity, visitor }: IdentityLink): string => `${identity} ${visitor}`;
