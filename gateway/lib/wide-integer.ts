/** An integer too wide for SQLite, kept as two that fit: hi · 2^60 + lo, with 0 ≤ lo < 2^60. */
export interface WideInteger {
  readonly hi: bigint;
  readonly lo: bigint;
}

const lowBits = 60;

/** The sum. It wraps at 124 bits, so that adding in any order gives the same and `hi` never overflows. */
export const addWide = (wide: WideInteger, delta: bigint): WideInteger => {
  const sum = joinWide(wide) + delta;
  return { hi: BigInt.asIntN(64, sum >> BigInt(lowBits)), lo: BigInt.asUintN(lowBits, sum) };
};

/** The integer itself. */
export const joinWide = ({ hi, lo }: WideInteger): bigint => (hi << BigInt(lowBits)) + lo;
