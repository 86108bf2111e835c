import { on } from "./on.ts";

/**
 * Calls `run` when the page may never be seen again: before what waits is sent, because run.ts listens at the window
 * later.
 */
export const whenLeaving = (run: () => unknown): void =>
  on("visibilitychange pagehide", ({ type }) => (document.hidden || type === "pagehide") && run());
