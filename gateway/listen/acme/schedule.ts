/** When a certificate is renewed, and how long to wait after a failure. Pure: times and random numbers come in. */

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

export interface Validity {
  readonly notBefore: number;
  readonly notAfter: number;
}

/** When the authority would like to be asked (RFC 9773): a random moment inside is chosen. */
export interface RenewalWindow {
  readonly start: number;
  readonly end: number;
}

/**
 * The moment of renewal: a random one of the authority's window, else by age: with a third of the life left, or half
 * where it is under ten days. Whatever the window says, never in the last tenth of the life, and never within the
 * first day (or twentieth): an authority that wants a certificate replaced as soon as it is made would get no rest.
 */
export const renewalTime = (
  { notBefore, notAfter }: Validity,
  window: RenewalWindow | null,
  random: number,
): number => {
  const life = notAfter - notBefore;
  if (window) {
    const chosen = window.start + (window.end - window.start) * random;
    const earliest = notBefore + restAfter({ notBefore, notAfter });
    return Math.round(Math.min(Math.max(chosen, earliest), notAfter - life / 10));
  }
  const left = life < 10 * day ? life / 2 : life / 3;
  // Certificates of many hosts that were made together must not all come back in the same second.
  return Math.round(notAfter - left - random * Math.min(life / 50, 6 * hour));
};

/** How long nothing is ordered once a certificate has come, ms, whatever clocks and windows say. */
export const restAfter = ({ notBefore, notAfter }: Validity): number =>
  Math.min((notAfter - notBefore) / 20, day);

/** How a try failed: `refused` counts against the limits of the authority, `unreachable` it never heard of. */
export type FailureKind = "refused" | "unreachable";

const delays = [1, 10, 100].map((minutes) => minutes * minute);

/**
 * How long to wait after so many failures in a row: 1, 10, 100 minutes, then a day, which stays below the five failed
 * validations an hour that Let's Encrypt allows a host. While it cannot be reached at all, 100 minutes is the longest.
 */
export const retryDelay = (failures: number, kind: FailureKind, askedForMs: number): number => {
  const own = delays[failures - 1] ?? (kind === "unreachable" ? 100 * minute : day);
  return Math.max(own, Math.min(askedForMs, longestDelay));
};

export const longestDelay = 7 * day;

/** A time that was written down lies ahead; one further off than it can be was written by a clock that was wrong. */
export const isAhead = (at: number, now: number, mostMs: number): boolean => at > now && at <= now + mostMs;

export const pollEvery = 12 * hour;

/** When to ask for the window again: twice a day, or as the authority says, but between a minute and a day. */
export const nextPoll = (now: number, retryAfterMs: number): number =>
  now + (retryAfterMs > 0 ? Math.min(Math.max(retryAfterMs, minute), day) : pollEvery);

const orderLimit = 250;
const orderSpan = 3 * hour;

/** The times of past orders that still count, and when another one may be placed: Let's Encrypt takes 300 in 3 hours. */
export const paceOrders = (
  past: readonly number[],
  now: number,
): { readonly counted: readonly number[]; readonly nextAt: number } => {
  const counted = past.filter((at) => at > now - orderSpan && at <= now);
  const oldest = counted.at(-orderLimit);
  return { counted, nextAt: oldest === undefined ? now : oldest + orderSpan };
};
