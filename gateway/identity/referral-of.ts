import { erasedId } from "../model/erased.ts";
import type { Referral } from "../model/projection.ts";

/** What must be known of people to say who sent whom. */
export interface ReferralFacts {
  /** who sent a person, earliest first */
  referrals(person: number): readonly Referral[];
  /** all ids under which the person is known */
  idsOf(person: number): readonly string[];
  /** the person known by this id */
  personOf(id: string): number | null;
}

export interface CountedReferral extends Referral {
  /** 1 for those whom somebody sent whom nobody sent, 2 for those whom they sent, and so on */
  readonly generation: number;
}

/** The first referral of a person by somebody else; null where there is none. Nobody refers himself. */
export const referralOf = (facts: ReferralFacts, person: number): CountedReferral | null => {
  const first = firstReferral(facts, person);
  return first && { ...first, generation: generationOf(facts, person) };
};

const firstReferral = (facts: ReferralFacts, person: number): Referral | null => {
  const referrals = facts.referrals(person);
  if (referrals.length === 0) return null;
  const own = new Set(facts.idsOf(person));
  const isOwn = (id: string | null) => id !== null && own.has(id);
  return referrals.find(({ ref, rcode, aff }) => !isOwn(ref) && !isOwn(rcode) && !isOwn(aff)) ?? null;
};

/** A longer chain is no growth but a mistake. */
const longestChain = 100;

const generationOf = (facts: ReferralFacts, person: number): number => {
  const chain = new Set<number>([person]);
  let current: number | null = person;
  let generation = 0;
  while (current !== null && generation < longestChain) {
    const referral = firstReferral(facts, current);
    if (referral === null) return generation;
    generation++;
    const by = referral.ref ?? referral.rcode ?? referral.aff;
    current = by === null || by === erasedId ? null : facts.personOf(by);
    // People who sent each other: whoever is met again began it.
    if (current === null || chain.has(current)) return generation;
    chain.add(current);
  }
  return generation;
};
