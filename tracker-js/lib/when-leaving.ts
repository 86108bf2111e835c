import { on } from "./on.ts";
import { safe } from "./safe.ts";

const runs: ((surely: boolean) => void)[] = [];

/**
 * Calls `run` when the page may never be seen again, or surely goes: before what waits is sent, whenever it was asked
 * for, because this module listens at the window before run.ts does.
 */
export const whenLeaving = (run: (surely: boolean) => void): void => {
  runs.push(safe(run));
};

on("visibilitychange pagehide", ({ type }) => {
  const surely = type === "pagehide";
  if (surely || document.hidden) runs.map((run) => run(surely));
});
