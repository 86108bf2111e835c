import { createRequire } from "node:module";
import type { Writable } from "node:stream";

/** What the program says of itself while it runs: lines for a person on a terminal, JSON elsewhere. */
export interface Log {
  info(sentence: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(sentence: string, fields?: Readonly<Record<string, unknown>>): void;
  /** The cause is written with its stack. */
  error(sentence: string, cause?: unknown): void;
}

export const createLog = (out: Writable, isTerminal: boolean): Log =>
  isTerminal ? terminalLog(out) : jsonLog(out);

const require = createRequire(import.meta.url);

const jsonLog = (out: Writable): Log => {
  const { pino } = require("pino") as typeof import("pino"); // 25 files, which a terminal needs none of
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, out);
  return {
    info: (sentence, fields = {}) => log.info(fields, sentence),
    warn: (sentence, fields = {}) => log.warn(fields, sentence),
    error: (sentence, cause) => log.error(cause === undefined ? {} : { err: cause }, sentence),
  };
};

/** What makes text stand out on a terminal; nothing where the environment asks for none (https://no-color.org). */
export const stylesOf = ({ NO_COLOR, TERM }: NodeJS.ProcessEnv) => {
  const isPlain = (NO_COLOR ?? "") !== "" || TERM === "dumb";
  const style = (code: number): string => (isPlain ? "" : `\u001b[${code}m`);
  return { plain: style(0), bold: style(1), dim: style(2), red: style(31), yellow: style(33) };
};

const styles = stylesOf(process.env);
export const { plain, dim, bold } = styles;
const { red, yellow } = styles;

const terminalLog = (out: Writable): Log => ({
  info: (sentence) => void out.write(`${sentence}\n`),
  warn: (sentence) => void out.write(`${yellow}${sentence}${plain}\n`),
  error(sentence, cause) {
    out.write(`${red}${sentence}${plain}\n`);
    if (cause instanceof Error) out.write(`${dim}${cause.stack ?? cause.message}${plain}\n`);
  },
});
