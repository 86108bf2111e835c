/**
 * Records the requests that collection takes, as `turnpike replay` reads them. Off unless the settings ask for it: what
 * it writes holds what was sent, addresses and visitors' cookies too, so the files are for their owner's eyes alone, and
 * are kept for some days only. Keys and tokens are not in them (`recorded-secrets.ts`).
 */
import { closeSync, fstatSync, openSync, readSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import type { Collector } from "./collect/collector.ts";
import type { CollectRequest } from "./collect/request.ts";
import type { Clock } from "./lib/clock.ts";
import { writeRecordedRequest } from "./model/recorded-request.ts";
import type { Redact } from "./recorded-secrets.ts";

export interface RecorderOptions {
  readonly file: string;
  /** a file that is longer gives way to a new one */
  readonly megabytes: number;
  /** how many are kept, the current one among them: `hits.jsonl`, `hits.jsonl.1`, … */
  readonly files: number;
  /** nothing older than this is kept */
  readonly days: number;
  readonly clock: Clock;
  readonly redact: Redact;
  /** told once when nothing can be written any more; hits are taken as before */
  readonly onTrouble: (sentence: string) => void;
}

export interface HitRecorder {
  record(request: CollectRequest): void;
  /** Writes what is waiting. */
  flush(): void;
  close(): void;
}

/** Written together, so that a hit costs no system call of its own. */
const bufferedCharacters = 65_536;
const flushEveryMs = 1000;
const tendEveryMs = 600_000;

export const createHitRecorder = (options: RecorderOptions): HitRecorder => {
  let waiting: string[] = [];
  let characters = 0;
  let place: Place | null = null;
  let broken = false;

  const write = (text: string): void => {
    place ??= open(options);
    if (isFull(place, text, options)) {
      closeSync(place.fd);
      // Another process may write the same file, and have begun a new one already.
      if (isAt(options.file, place)) rotate(options);
      place = null;
      place = open(options);
    }
    place.bytes += writeSync(place.fd, text);
  };

  const tend = (): void => {
    try {
      removeOld(options);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      options.onTrouble(`recordHits: what is over ${options.days} days old cannot be removed (${reason})`);
    }
  };

  const flush = (): void => {
    if (waiting.length === 0) return;
    const text = waiting.join("");
    waiting = [];
    characters = 0;
    try {
      write(text);
    } catch (error) {
      broken = true;
      const reason = error instanceof Error ? error.message : String(error);
      options.onTrouble(`recordHits: ${options.file} cannot be written (${reason}): recording stops`);
    }
  };

  tend();
  const timers = [setInterval(flush, flushEveryMs).unref(), setInterval(tend, tendEveryMs).unref()];
  return {
    record(request) {
      if (broken) return;
      const recorded = recordedOf(request, options.redact);
      if (recorded === null) return;
      const line = writeRecordedRequest(recorded);
      waiting.push(line);
      characters += line.length;
      if (characters >= bufferedCharacters) flush();
    },
    flush,
    close() {
      for (const timer of timers) clearInterval(timer);
      flush();
      if (place) closeSync(place.fd);
      place = null;
      broken = true;
    },
  };
};

/** The collector, each of whose requests is recorded first. */
export const recording = (collector: Collector, recorder: HitRecorder): Collector => ({
  ...collector,
  take(request) {
    recorder.record(request);
    return collector.take(request);
  },
});

/** The address is the one that `trustedProxies` led to: a replay believes it as that of the socket. */
const recordedOf = (request: CollectRequest, redact: Redact) => {
  const { receivedAt, method, address } = request;
  const told = redact(request);
  return told && { ...told, at: receivedAt, method, remoteAddress: address === "" ? null : address };
};

/** The file that is written to. */
interface Place {
  readonly fd: number;
  readonly inode: number;
  bytes: number;
  /** when its first hit was received, ms */
  readonly since: number;
}

type Files = Pick<RecorderOptions, "file" | "files" | "megabytes" | "days" | "clock">;

const open = ({ file, clock }: Files): Place => {
  const fd = openSync(file, "a+", 0o600);
  const { size, ino } = fstatSync(fd);
  return { fd, inode: ino, bytes: size, since: size === 0 ? clock() : beginOf(fd, clock()) };
};

/** The time of the first line. */
const beginOf = (fd: number, now: number): number => {
  const head = Buffer.alloc(64);
  readSync(fd, head, 0, head.length, 0);
  const at = Date.parse(/"at":"([^"]+)"/.exec(head.toString("latin1"))?.[1] ?? "");
  return Number.isNaN(at) ? now : at;
};

/** A file holds a day at most, so that what is too old can go file by file. */
const isFull = ({ bytes, since }: Place, text: string, { megabytes, days, clock }: Files): boolean =>
  bytes > 0 &&
  (bytes + text.length > megabytes * 1_048_576 || clock() - since > Math.min(1, days / 2) * dayMs);

const dayMs = 86_400_000;

const isAt = (file: string, { inode }: Place): boolean =>
  statSync(file, { throwIfNoEntry: false })?.ino === inode;

const nameOf = (file: string, n: number): string => (n === 0 ? file : `${file}.${n}`);

const rotate = ({ file, files }: Files): void => {
  rmSync(nameOf(file, files - 1), { force: true });
  for (let n = files - 2; n >= 0; n--) renameIfThere(nameOf(file, n), nameOf(file, n + 1));
};

/** Removes files to which nothing was added for too long; those of an earlier, larger setting as well. */
const removeOld = ({ file, days, clock }: Files): void => {
  const before = clock() - (days - Math.min(1, days / 2)) * dayMs;
  for (let n = 0; ; n++) {
    const found = statSync(nameOf(file, n), { throwIfNoEntry: false });
    if (found && found.mtimeMs < before) rmSync(nameOf(file, n), { force: true });
    if (!found && n > 0) return;
  }
};

const renameIfThere = (from: string, to: string): void => {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
};
