/** Asks again and again: each second while seen, seldom while hidden, at once when seen again. */
export type Outcome = "ok" | "failed" | "stop";

const seenMs = 1_000;
const hiddenMs = 15_000;
const longestRetryMs = 8_000;

/** How long to wait before asking again after so many failures in a row. */
export const nextDelayMs = (failures: number, hidden: boolean): number => {
  if (hidden) return hiddenMs;
  return Math.min(seenMs * 2 ** Math.max(0, failures - 1), longestRetryMs);
};

export interface Poller {
  /** Asks now, and then in the rhythm above; does nothing while an answer is awaited. */
  start(): void;
}

/** `ask` never rejects; after `stop` nothing is asked until `start`. */
export const createPoller = (ask: () => Promise<Outcome>): Poller => {
  let timer: number | undefined;
  let asking = false;
  let running = false;
  let failures = 0;

  const turn = async (): Promise<void> => {
    if (asking) return;
    window.clearTimeout(timer);
    asking = true;
    const outcome = await ask();
    asking = false;
    running = outcome !== "stop";
    failures = outcome === "failed" ? failures + 1 : 0;
    if (running) timer = window.setTimeout(() => void turn(), nextDelayMs(failures, document.hidden));
  };

  document.addEventListener("visibilitychange", () => {
    if (running && !document.hidden) void turn();
  });
  return {
    start() {
      running = true;
      void turn();
    },
  };
};
