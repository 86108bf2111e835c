import { readdirSync } from "node:fs";
import { constants, setPriority } from "node:os";

/**
 * From here on this process takes the processor only when nobody else wants it, and so do the children it starts. To be
 * called before the program is loaded, which is half of a short command's work.
 */
export const goLast = (): void => {
  for (const thread of threads()) setPriority(thread, constants.priority.PRIORITY_LOW);
};

/** On Linux a priority is a thread's, and Node has begun some by now; those that come later have it from the first. */
const threads = (): readonly number[] => {
  if (process.platform !== "linux") return [process.pid];
  try {
    return readdirSync("/proc/self/task").map(Number);
  } catch {
    return [process.pid]; // no /proc: as in some sandboxes
  }
};
