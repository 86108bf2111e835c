import { ConnectionError, code } from "./frames.ts";

// A browser that leaves a page resets its requests. Beyond this it is a flood: the work is ours and costs the
// sender nothing (CVE-2023-44487); so are streams that we must reset (CVE-2025-8671).
const resetBurst = 200;
const resetsPerSecond = 20;
// Each must be answered or read for nothing, and costs its sender little (CVE-2019-9512, -9515, -9518). Clients that measure
// the line by pings send some a second.
const controlBurst = 1000;
const controlPerSecond = 50;

/** Counts what costs its sender nothing; throws where it is too much, and `tell` is told before. */
export const watchFloods = (tell: () => void) => {
  const flooded = (): void => {
    tell();
    throw new ConnectionError("too much of what costs its sender nothing", code.calm);
  };
  return {
    /** A stream was reset, or something came for one that is over. */
    countReset: countUpTo(resetBurst, resetsPerSecond, flooded),
    /** A frame came that carries nothing. */
    countControl: countUpTo(controlBurst, controlPerSecond, flooded),
  };
};

/** Calls `flooded` when it is itself called more often than `burst` times at once and `perSecond` on the whole. */
const countUpTo = (burst: number, perSecond: number, flooded: () => void): (() => void) => {
  let left = burst;
  let at = performance.now();
  return () => {
    const now = performance.now();
    left = Math.min(burst, left + ((now - at) / 1000) * perSecond) - 1;
    at = now;
    if (left < 0) flooded();
  };
};
