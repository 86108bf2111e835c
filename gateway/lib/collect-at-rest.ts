/**
 * Gives back what a start has used up. Loading the program makes V8 grow its space for young objects to 33 MB, which it
 * gives back only at a full collection; a gateway that nobody visits makes none for hours.
 */
import { performance } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** A collection holds everything up for some 30 ms: none while more than this share of the time is work. */
const atRest = 0.05;

/** Long enough that a visit is over. */
const usualStretchMs = 10_000;

/** Collects once, after the first stretch of that time in which there was hardly anything to do; ended by what it answers. */
export const collectAtRest = (stretchMs = usualStretchMs): (() => void) => {
  let before = performance.eventLoopUtilization();
  const timer = setInterval(() => {
    const { utilization } = performance.eventLoopUtilization(before);
    before = performance.eventLoopUtilization();
    if (utilization > atRest) return;
    clearInterval(timer);
    collect();
  }, stretchMs).unref();
  return () => clearInterval(timer);
};

const collect = (): void => {
  setFlagsFromString("--expose-gc");
  // What that flag gives to every new context; a Node that takes no flags any more gives nothing.
  const gc = runInNewContext("globalThis.gc") as (() => void) | undefined;
  setFlagsFromString("--no-expose-gc"); // compiled code is kept by the flags it was compiled under
  gc?.();
};
