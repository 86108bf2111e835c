/** A bar beside a long output: on stderr, where that is a terminal and the output itself goes elsewhere. */
import type { Clock } from "../lib/clock.ts";
import type { Io } from "./context.ts";

export interface Progress {
  /** One more is done. */
  step(): void;
  /** Takes the bar away. */
  end(): void;
}

const none: Progress = { step() {}, end() {} };

const barCells = 30;
const drawEveryMs = 100;
/** The clock is not looked at for each of a hundred thousand rows a second. */
const looksEvery = 64;

/** `total` is how many there are at most, null where nobody knows: then they are counted alone. */
export const createProgress = (io: Io, total: number | null, clock: Clock): Progress => {
  const isSeen = "isTTY" in io.stderr && io.stderr.isTTY === true;
  if (!isSeen || io.isTerminal) return none;
  let done = 0;
  let drawnAt = clock();
  return {
    step() {
      done++;
      if (done % looksEvery !== 0) return;
      const now = clock();
      if (now - drawnAt < drawEveryMs) return;
      drawnAt = now;
      io.stderr.write(`\r${barOf(done, total)}\u001b[K`);
    },
    end: () => void io.stderr.write("\r\u001b[K"),
  };
};

/** `[=========>          ]  46 %  1,234,567 of 2,700,000`. */
export const barOf = (done: number, total: number | null): string => {
  if (total === null || total <= 0) return `${done.toLocaleString("en")} rows`;
  const share = Math.min(1, done / total);
  const filled = Math.floor(share * barCells);
  const bar = `${"=".repeat(Math.max(0, filled - 1))}${filled > 0 ? ">" : ""}`.padEnd(barCells);
  const percent = String(Math.floor(share * 100)).padStart(3);
  return `[${bar}] ${percent} %  ${done.toLocaleString("en")} of ${total.toLocaleString("en")}`;
};
