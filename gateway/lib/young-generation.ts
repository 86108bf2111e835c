/** How large the part of the heap may become in which objects begin. */
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/** What loading the program makes of it; with less, more objects grow old that are soon dropped. */
const mostBytes = 32 << 20;

/**
 * Lets it grow to 32 MB and no further, until what is answered is called. V8 doubles it as long as objects survive, to 128 MB:
 * under load it would be most of what we take, and requests are answered no faster for it. The flag that Node has for this,
 * `--max-semi-space-size`, counts at the start of a process only.
 */
export const boundYoungGeneration = (lookMs = 500): (() => void) => {
  let factor = usualFactor;
  const grow = (by: number): void => {
    if (by !== factor) setFlagsFromString(`--semi-space-growth-factor=${by}`);
    factor = by;
  };
  const timer = setInterval(() => grow(youngBytes() < mostBytes ? usualFactor : 1), lookMs).unref();
  return () => {
    clearInterval(timer);
    grow(usualFactor);
  };
};

const usualFactor = 2;

const youngBytes = (): number =>
  getHeapSpaceStatistics().find(({ space_name }) => space_name === "new_space")?.space_size ?? 0;
