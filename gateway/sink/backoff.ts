/** How long to wait before what has failed is tried again. */
export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
}

export const defaultBackoff: Backoff = { firstMs: 1000, maxMs: 60_000 };

/** Whoever is asked to wait waits, but not for days. */
const longestAskedMs = 3_600_000;

/**
 * The delay after so many failures in a row: doubled each time up to a cap, and spread by `random` (0 to 1) over its
 * upper half, so that many who failed together do not come back together. What the other side asks for is the least.
 */
export const delayAfter = (
  failures: number,
  random: number,
  askedMs = 0,
  { firstMs, maxMs }: Backoff = defaultBackoff,
): number => {
  const whole = Math.min(maxMs, firstMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return Math.max(Math.round(whole * (0.5 + random / 2)), Math.min(askedMs, longestAskedMs));
};

/** What an error asks to be waited for, ms; 0 where it says nothing. */
export const askedBy = (error: unknown): number => {
  if (typeof error !== "object" || error === null || !("retryAfterMs" in error)) return 0;
  const { retryAfterMs: ms } = error;
  return typeof ms === "number" && ms > 0 ? ms : 0;
};
