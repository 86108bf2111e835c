/**
 * Who is who: visitors that claim the same user, or come with the same stamp, are one person. Claims are rows; what
 * they join is worked out of them again whenever one is new, earlier than was known, or taken back.
 */
import type {
  IdentityKind,
  IdentityLink,
  IdentityTable,
  Joiner,
  KnownClaim,
  VisitorNode,
} from "../model/projection.ts";
import type { JoinRules } from "../model/site.ts";
import { keyOfLink, type Limits, limitsOf, type Ranked, rankClaims } from "./judge-claims.ts";
import { type Claim, readClaims } from "./read-claims.ts";

export const createJoiner =
  (table: IdentityTable, rulesOf: (site: string) => JoinRules): Joiner =>
  (event, visitor) => {
    for (const claim of readClaims(event, rulesOf(event.property_id))) {
      takeClaim(table, claim, visitor, event.client_id ?? "", event.timestamp_utc);
    }
  };

/** Claims of a visitor that are remembered, the last ones; others are looked up again. */
const rememberedClaims = 8;

const sinceOf = (known: KnownClaim | null, key: string): number | undefined => {
  for (let one = known; one; one = one.next) if (one.claim === key) return one.since;
  return undefined;
};

const without = (known: KnownClaim | null, key: string, most: number): KnownClaim | null => {
  if (known === null || most === 0) return null;
  if (known.claim === key) return without(known.next, key, most);
  return { ...known, next: without(known.next, key, most - 1) };
};

const takeClaim = (
  table: IdentityTable,
  claim: Claim,
  visitor: VisitorNode,
  clientId: string,
  at: number,
): void => {
  const key = `${claim.verified ? "v" : "u"} ${claim.kind} ${claim.id}`;
  const knownSince = sinceOf(visitor.known, key);
  if (knownSince !== undefined && knownSince <= at && !claim.undo) return;
  const identity = table.identity(visitor.site, claim.kind, claim.id);
  const old = table.claim(identity, visitor.no);
  const link: IdentityLink = {
    identity,
    visitor: visitor.no,
    since: Math.min(at, old?.since ?? at),
    clientId,
    claimed: claim.id,
    verified: claim.verified || (old?.verified ?? false),
    undone: claim.undo || (old?.undone ?? false),
    applied: old?.applied ?? false,
  };
  visitor.known = { claim: key, since: link.since, next: without(visitor.known, key, rememberedClaims - 1) };
  if (old && isSame(old, link)) return;
  if (!old && !link.verified && !link.undone && comesTooLate(table, claim.kind, link)) return;
  follow(table, claim.kind, link, old);
};

/** More claims are kept than may join, and all of them are earlier. */
const comesTooLate = (
  table: IdentityTable,
  kind: IdentityKind,
  { identity, since }: IdentityLink,
): boolean => {
  const { count, last } = table.sumOpen(identity);
  return count >= limitsOf[kind].kept && since > last;
};

const isSame = (a: IdentityLink, b: IdentityLink): boolean =>
  a.since === b.since && a.verified === b.verified && a.undone === b.undone;

/** Writes the claim, and joins and parts whom it concerns: others may lose their places to it, or get them. */
const follow = (
  table: IdentityTable,
  kind: IdentityKind,
  link: IdentityLink,
  old: IdentityLink | null,
): void => {
  table.put(link);
  const limits = limitsOf[kind];
  const ofVisitor = table.claimsOf(link.visitor, kind);
  const places = {
    ofVisitor: rankClaims(ofVisitor, limits.identities, limits.kept),
    toIdentity: openPlaces(table, link, limits),
  };
  const gone = new Map(
    [...places.ofVisitor.surplus, ...places.toIdentity.surplus].map((one) => [keyOfLink(one), one]),
  );
  // A claim that somebody vouches for takes no place of those to its identity.
  const isOpen = !link.verified || (old !== null && !old.verified);
  const concerned = new Map(
    [link, ...ofVisitor, ...(isOpen ? places.toIdentity.all : [])].map((one) => [keyOfLink(one), one]),
  );
  const changed: IdentityLink[] = [];
  for (const [key, one] of concerned) {
    const applied = !gone.has(key) && !one.undone && hasPlace(table, kind, one, link, places);
    if (gone.has(key)) table.remove(one);
    else if (applied !== one.applied) table.put({ ...one, applied });
    if (applied !== one.applied) changed.push({ ...one, applied });
  }
  for (const one of changed) if (!one.applied) partMembers(table, one.visitor);
  for (const one of changed) if (one.applied) joinClaimant(table, one, changed.length);
};

interface Places {
  readonly ofVisitor: Ranked;
  readonly toIdentity: OpenPlaces;
}

interface OpenPlaces extends Ranked {
  readonly all: readonly IdentityLink[];
  /** there is a place for every claim */
  readonly roomy: boolean;
}

/** While there is room nobody loses a place, and the claims need not be read. */
const openPlaces = (table: IdentityTable, { identity }: IdentityLink, limits: Limits): OpenPlaces => {
  const roomy = table.sumOpen(identity).count <= limits.visitors;
  const all = roomy ? [] : table.openClaims(identity);
  return { ...rankClaims(all, limits.visitors, limits.kept), all, roomy };
};

/** Both its identity and its visitor must have a place for a claim; `of` is the claim whose places are known. */
const hasPlace = (
  table: IdentityTable,
  kind: IdentityKind,
  one: IdentityLink,
  of: IdentityLink,
  places: Places,
): boolean => {
  const limits = limitsOf[kind];
  const key = keyOfLink(one);
  if (!one.verified) {
    const open = one.identity === of.identity ? places.toIdentity : openPlaces(table, one, limits);
    if (!open.roomy && !open.first.has(key)) return false;
  }
  const mine =
    one.visitor === of.visitor
      ? places.ofVisitor
      : rankClaims(table.claimsOf(one.visitor, kind), limits.identities, limits.kept);
  return mine.first.has(key);
};

/** All whom an identity joins are one person already, but for those that join it now: one of them stands for all. */
const joinClaimant = (
  table: IdentityTable,
  { identity, visitor }: IdentityLink,
  joiningNow: number,
): void => {
  const others = table.joined(identity, joiningNow + 1);
  table.join([visitor, ...others].map((one) => table.person(one)));
};

/** A claim of a visitor joins no more: are those who were one person still held together by others? */
const partMembers = (table: IdentityTable, visitor: number): void => {
  const person = table.person(visitor);
  const left = new Set(table.members(person));
  const seen = new Set<number>();
  const groups: number[][] = [];
  for (const start of left) {
    left.delete(start);
    const group = [start];
    for (const one of group) {
      for (const identity of table.joining(one)) {
        if (seen.has(identity)) continue;
        seen.add(identity);
        for (const other of table.joined(identity, left.size + group.length)) {
          if (left.delete(other)) group.push(other);
        }
      }
    }
    groups.push(group);
  }
  table.part(person, groups);
};
