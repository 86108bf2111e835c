/**
 * The room of the access log: one line a finished request, whatever became of it. No personal data by default: addresses
 * are masked as the site's events are, values of secrets and people are hidden, cookies and keys are never looked at.
 */
import type { Writable } from "node:stream";
import type { Entry } from "./entry.ts";
import { formatOf } from "./format.ts";
import { createLineFile } from "./line-file.ts";
import type { AccessLogSettings } from "./settings.ts";

export interface AccessLog {
  write(entry: Entry): void;
  /** lines that are lost */
  readonly dropped: number;
  /** Opens its file again: logrotate has moved it. */
  reopen(): void;
  close(): Promise<void>;
}

/** So much may wait in front of a pipe that nobody reads. */
const mostWaitingBytes = 8_388_608;

export const openAccessLog = (
  settings: AccessLogSettings,
  stdout: Writable,
  warn: (sentence: string) => void,
): AccessLog => {
  const format = formatOf(settings);
  if (settings.file === "stdout") return onStream(stdout, format);
  const file = createLineFile({ ...settings, warn });
  return {
    write: (entry) => file.write(format(entry)),
    get dropped() {
      return file.dropped;
    },
    reopen: file.reopen,
    close: file.close,
  };
};

const onStream = (out: Writable, format: (entry: Entry) => string): AccessLog => {
  let dropped = 0;
  return {
    write(entry) {
      if (out.writableLength > mostWaitingBytes) dropped++;
      else out.write(format(entry));
    },
    get dropped() {
      return dropped;
    },
    reopen() {},
    async close() {},
  };
};
