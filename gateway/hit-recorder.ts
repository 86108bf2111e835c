/**
 * Records the requests that collection takes, as `turnpike replay` reads them. Off unless the settings ask for it: what
 * it writes holds what was sent, addresses and visitors' cookies too, so the files are for their owner's eyes alone, and
 * are kept for some days only. Keys and tokens are not in them (`recorded-secrets.ts`).
 */
import { closeSync, fstatSync, openSync, readSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import type { Collector } from "./collect/collector.ts";
import type { CollectRequest } from "./collect/request.ts";
import type { Clock } from "./lib/clock.ts";
import { countOf } from "./lib/count-of.ts";
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
  /** told when the file cannot be written, and when it can be again; hits are taken as before */
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
  /** hits that were not recorded since the file could not be written; null while it can */
  let lost: number | null = null;
  let isClosed = false;

  const leave = (): void => {
    const left = place;
    place = null;
    if (left) closeSync(left.fd);
  };

  const placeFor = (text: string): Place => {
    place ??= open(options);
    if (!isFull(place, text, options)) return place;
    const full = place;
    leave();
    // Another process may write the same file, and have begun a new one already.
    if (isAt(options.file, full)) rotate(options);
    place = open(options);
    return place;
  };

  /** The disk may be full in the middle: throws, and what is written of a line is ended when there is room again. */
  const write = (text: string): void => {
    const at = placeFor(text);
    const bytes = Buffer.from(at.isCut ? `\n${text}` : text);
    for (let done = 0; done < bytes.length; ) {
      const written = writeSync(at.fd, bytes, done);
      done += written;
      at.bytes += written;
    }
    at.isCut = false;
  };

  const lose = (hits: number, error: unknown): void => {
    const isNews = lost === null;
    lost = (lost ?? 0) + hits;
    try {
      leave(); // what is there under the name when it is tried again may be another file
    } catch {
      // whatever it says of the file, it is closed
    }
    const reason = error instanceof Error ? error.message : String(error);
    if (isNews) {
      options.onTrouble(
        `recordHits: ${options.file} cannot be written (${reason}): hits are not recorded until it can be, see that there is room and this user may write there`,
      );
    }
  };

  const recover = (): void => {
    if (lost === null) return;
    options.onTrouble(
      `recordHits: ${options.file} is written again, ${countOf(lost, "hit")} ${lost === 1 ? "was" : "were"} not recorded`,
    );
    lost = null;
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
    const [hits, text] = [waiting.length, waiting.join("")];
    waiting = [];
    characters = 0;
    try {
      write(text);
      recover();
    } catch (error) {
      lose(hits, error);
    }
  };

  tend();
  const timers = [setInterval(flush, flushEveryMs).unref(), setInterval(tend, tendEveryMs).unref()];
  return {
    record(request) {
      if (isClosed) return;
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
      leave();
      isClosed = true;
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
  const { receivedAt, method, address, takenBy } = request;
  const told = redact(request);
  return (
    told && {
      ...{ ...told, at: receivedAt, method, remoteAddress: address === "" ? null : address },
      ...(takenBy !== undefined && { takenBy }),
    }
  );
};

/** The file that is written to. */
interface Place {
  readonly fd: number;
  readonly inode: number;
  bytes: number;
  /** its last line has no end: a full disk or a killed process cut it */
  isCut: boolean;
  /** when its first hit was received, ms */
  readonly since: number;
}

type Files = Pick<RecorderOptions, "file" | "files" | "megabytes" | "days" | "clock">;

const open = ({ file, clock }: Files): Place => {
  const fd = openSync(file, "a+", 0o600);
  const { size, ino } = fstatSync(fd);
  const since = size === 0 ? clock() : beginOf(fd, clock());
  return { fd, inode: ino, bytes: size, isCut: size > 0 && !endsLine(fd, size), since };
};

const endsLine = (fd: number, size: number): boolean => {
  const last = Buffer.alloc(1);
  readSync(fd, last, 0, 1, size - 1);
  return last.toString("latin1") === "\n";
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
