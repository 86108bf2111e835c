/** What every command is given: where it prints, and what only the program as a whole can do. */
import type { Writable } from "node:stream";
import type { LoadOptions } from "../config/load.ts";

export interface Io {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** stdout is a terminal, and a person reads it */
  readonly isTerminal: boolean;
  /** Stops what would go on for ever; Ctrl-C where it is left out. */
  readonly signal?: AbortSignal;
  /** How long who has the data folder for a moment is waited for; ten seconds where it is left out. */
  readonly waitMs?: number;
}

export interface StartOptions {
  /** for `loadConfig` */
  readonly load: LoadOptions;
  /** the admin token to use instead of the one in the data folder */
  readonly adminToken: string | null;
  /** apply the settings file when it is saved, print every stored event */
  readonly dev: boolean;
}

export interface Actions {
  /** Runs the gateway until it is stopped; answers the exit code. */
  start(options: StartOptions): Promise<number>;
}

export interface Context {
  readonly io: Io;
  readonly actions: Actions;
  /** Makes a command of a function whose number is the exit code. */
  run<A extends unknown[]>(work: (...args: A) => Promise<number> | number): (...args: A) => Promise<void>;
}

/** Something is not as it must be, told in one sentence. `used wrongly` is for what the person typed. */
export class CommandError extends Error {
  readonly exitCode: 1 | 2;
  constructor(message: string, kind: "failed" | "used wrongly" = "failed", options?: ErrorOptions) {
    super(message, options);
    this.name = "CommandError";
    this.exitCode = kind === "failed" ? 1 : 2;
  }
}

/** Prints a line; for results, which are on stdout. */
export const say = (io: Io, text: string): void => {
  io.stdout.write(`${text}\n`);
};

/** Prints a line beside the results: progress, warnings, mistakes. */
export const warn = (io: Io, text: string): void => {
  io.stderr.write(`${text}\n`);
};
