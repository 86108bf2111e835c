import { setTimeout as pause } from "node:timers/promises";

// Nothing waits that long but a broken test.
const deadlineMs = 60_000;
const everyMs = 20;

/** Asks until the answer is neither false nor null nor undefined, and gives it; throws, naming `what`, when it never is. */
export const waitFor = async <T>(
  check: () => T | Promise<T>,
  what: string,
): Promise<Exclude<T, false | null | undefined>> => {
  const until = performance.now() + deadlineMs;
  for (;;) {
    const found = await check();
    if (found !== false && found !== null && found !== undefined) {
      return found as Exclude<T, false | null | undefined>; // what was just ruled out
    }
    if (performance.now() > until) throw new Error(`waited in vain for ${what}`);
    await pause(everyMs);
  }
};
