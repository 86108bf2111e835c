import { safe } from "./safe.ts";

/**
 * Calls `run` when the page may never be seen again, or surely goes. Whoever asks before run.ts is called before what
 * waits is sent: both listen at the window, on the way down.
 */
export const whenLeaving = (run: (surely: boolean) => void): void => {
  addEventListener(
    "pagehide",
    safe(() => run(true)),
    true,
  );
  addEventListener(
    "visibilitychange",
    safe(() => {
      if (document.hidden) run(false);
    }),
    true,
  );
};
