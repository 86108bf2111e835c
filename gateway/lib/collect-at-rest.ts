/**
 * Gives back what a start, or a busy hour, has used up. Loading the program makes V8 grow its space for young objects to
 * 33 MB, and requests fill the old space with what is no longer needed; both are given back only at a full collection, and
 * a gateway that nobody visits makes none for hours.
 */
import { performance } from "node:perf_hooks";
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** A collection holds everything up for some 30 ms: none while more than this share of the time is work. */
const atRest = 0.05;

/** Long enough that a visit is over. */
const usualStretchMs = 10_000;

/** Less is not worth the work. */
const worthBytes = 16 << 20;

/**
 * Collects after a stretch of that time in which there was hardly anything to do, where the heap has grown since it last did
 * so; ended by what it answers.
 */
export const collectAtRest = (stretchMs = usualStretchMs): (() => void) => {
  let before = performance.eventLoopUtilization();
  let least = 0;
  const timer = setInterval(() => {
    const { utilization } = performance.eventLoopUtilization(before);
    before = performance.eventLoopUtilization();
    if (utilization > atRest || heapBytes() - least < worthBytes) return;
    collect();
    least = heapBytes();
  }, stretchMs).unref();
  return () => clearInterval(timer);
};

const heapBytes = (): number => getHeapStatistics().total_heap_size;

const collect = (): void => {
  setFlagsFromString("--expose-gc");
  // What that flag gives to every new context; a Node that takes no flags any more gives nothing.
  const gc = runInNewContext("globalThis.gc") as (() => void) | undefined;
  setFlagsFromString("--no-expose-gc"); // compiled code is kept by the flags it was compiled under
  gc?.();
};
