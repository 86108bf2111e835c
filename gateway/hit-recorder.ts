/**
 * Records the requests that collection takes, as `turnpike replay` reads them. Off unless the settings ask for it: what
 * it writes holds everything that was sent, addresses and cookies too, so the files are for their owner's eyes alone.
 */
import { closeSync, fstatSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import type { Collector } from "./collect/collector.ts";
import type { CollectRequest } from "./collect/request.ts";
import { writeRecordedRequest } from "./model/recorded-request.ts";

export interface RecorderOptions {
  readonly file: string;
  /** a file that is longer gives way to a new one */
  readonly megabytes: number;
  /** how many are kept, the current one among them: `hits.jsonl`, `hits.jsonl.1`, … */
  readonly files: number;
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

export const createHitRecorder = (options: RecorderOptions): HitRecorder => {
  let waiting: string[] = [];
  let characters = 0;
  let place: { readonly fd: number; bytes: number } | null = null;
  let broken = false;

  const write = (text: string): void => {
    place ??= open(options.file);
    if (place.bytes > 0 && place.bytes + text.length > options.megabytes * 1_048_576) {
      closeSync(place.fd);
      place = null;
      rotate(options);
      place = open(options.file);
    }
    place.bytes += writeSync(place.fd, text);
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

  const timer = setInterval(flush, flushEveryMs).unref();
  return {
    record(request) {
      if (broken) return;
      const line = writeRecordedRequest(recordedOf(request));
      waiting.push(line);
      characters += line.length;
      if (characters >= bufferedCharacters) flush();
    },
    flush,
    close() {
      clearInterval(timer);
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
const recordedOf = ({ receivedAt, method, path, query, headers, body, address }: CollectRequest) => ({
  at: receivedAt,
  method,
  url: query === "" ? path : `${path}?${query}`,
  headers: Object.fromEntries(
    Object.entries(headers).filter((pair): pair is [string, string] => pair[1] !== undefined),
  ),
  body: typeof body === "string" ? Buffer.from(body) : body,
  remoteAddress: address === "" ? null : address,
});

const open = (file: string): { readonly fd: number; bytes: number } => {
  const fd = openSync(file, "a", 0o600);
  return { fd, bytes: fstatSync(fd).size };
};

const rotate = ({ file, files }: RecorderOptions): void => {
  const name = (n: number) => (n === 0 ? file : `${file}.${n}`);
  rmSync(name(files - 1), { force: true });
  for (let n = files - 2; n >= 0; n--) renameIfThere(name(n), name(n + 1));
};

const renameIfThere = (from: string, to: string): void => {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
};
