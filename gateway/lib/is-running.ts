import { codeOf } from "./error-code.ts";

/** Whether there is a process of this number, whoever's it is. */
export const isRunning = (pid: number): boolean => {
  if (pid <= 0) return false; // these mean whole groups
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== "ESRCH";
  }
};
