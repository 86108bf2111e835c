/** Calls `flooded` when it is itself called more often than `burst` times at once and `perSecond` on the whole. */
export const countUpTo = (burst: number, perSecond: number, flooded: () => void): (() => void) => {
  let left = burst;
  let at = performance.now();
  return () => {
    const now = performance.now();
    left = Math.min(burst, left + ((now - at) / 1000) * perSecond) - 1;
    at = now;
    if (left < 0) flooded();
  };
};
