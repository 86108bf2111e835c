/** Signals of the process that are no reload and no restart. */

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
export const untilStopped = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const stop = () => {
      for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => process.exit(130));
      resolve();
    };
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
    signal?.addEventListener("abort", stop, { once: true });
  });

/**
 * From the first moment to the last: what asks a gateway that serves for a reload, a restart or for its logs would end one
 * that starts or stops, or open a debugger in it. A terminal that closes means to stop.
 */
export const bearSignals = (isTerminal: boolean): void => {
  for (const name of ["SIGUSR1", "SIGUSR2"] as const) process.on(name, ignore);
  if (!isTerminal) process.on("SIGHUP", ignore);
};

const ignore = (): void => {};

/** After logrotate has moved files. Without a listener the signal would open a debugger. */
export const reopenOnSignal = (reopen: () => void): (() => void) => {
  process.on("SIGUSR1", reopen);
  return () => process.off("SIGUSR1", reopen);
};
