/**
 * A file of lines that is written behind the requests' backs: in larger pieces, one at a time, from a line of bounded
 * length. When the disk cannot follow, lines are dropped and counted; requests never wait.
 */
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder } from "../lib/make-folder.ts";
import { lockRotation } from "./rotation-lock.ts";

export interface LineFileOptions {
  readonly file: string;
  /** a file that is longer gives way to a new one */
  readonly megabytes: number;
  /** how many are kept, the current one among them: `access.log`, `access.log.1`, … */
  readonly files: number;
  /** characters that may wait; beyond it lines are dropped */
  readonly mostWaiting?: number;
  /** told in a sentence when lines were dropped or the file cannot be written, at most once a minute, and when it can be again */
  readonly warn: (sentence: string) => void;
}

export interface LineFile {
  /** Takes a line with its end. */
  write(line: string): void;
  /** lines that are lost */
  readonly dropped: number;
  /** Opens the file again at the next write: somebody has moved it. */
  reopen(): void;
  /** Resolves when what was taken is written, or cannot be. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

const flushEveryMs = 200;
const pieceCharacters = 65_536;
const warnEveryMs = 60_000;

export const createLineFile = (options: LineFileOptions): LineFile => {
  const { file, mostWaiting = 8_388_608 } = options;
  let waiting: string[] = [];
  let characters = 0;
  let dropped = 0;
  let tellsFrom = 0;
  let handle: FileHandle | null = null;
  let wasMoved = false;
  /** what was lost since the file could not be written; null while it can */
  let lostSince: number | null = null;
  let writing: Promise<void> | null = null;

  const complain = (sentence: string): void => {
    const now = performance.now();
    if (now < tellsFrom) return;
    tellsFrom = now + warnEveryMs;
    options.warn(`accessLog: ${sentence}`);
  };

  const shut = async (): Promise<void> => {
    const open = handle;
    handle = null;
    await open?.close().catch(() => {}); // whatever it says, nothing can be done about it
  };

  /** The file as it now stands under its name: rotated by us, by another process of ours, or by logrotate. */
  const current = async (): Promise<FileHandle> => {
    if (handle && (wasMoved || !(await isStill(handle, file)))) await shut();
    wasMoved = false;
    handle ??= await openFile(file);
    if ((await handle.stat()).size < options.megabytes * 1_048_576) return handle;
    await shut();
    await rotate(options);
    handle = await openFile(file);
    return handle;
  };

  const fail = async (error: Error, lines: number): Promise<void> => {
    await shut();
    dropped += lines;
    lostSince = (lostSince ?? 0) + lines;
    complain(
      `${file} cannot be written (${error.message}): see that this user may write there and the disk is not full, or name another as accessLog.file; its lines are lost meanwhile`,
    );
  };

  const recover = (): void => {
    if (lostSince === null) return;
    options.warn(`accessLog: ${file} is written again, ${lostSince} lines are lost`);
    lostSince = null;
    tellsFrom = 0;
  };

  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const [lines, text] = [waiting.length, waiting.join("")];
      waiting = [];
      characters = 0;
      try {
        const open = await current();
        await open.appendFile(lostSince === null ? text : `${await lineEnd(file)}${text}`);
        recover();
      } catch (error) {
        await fail(error as Error, lines);
      }
    }
  };

  // Before the first request, so that whoever starts it reads what is wrong.
  writing = current()
    .then(
      () => {},
      (error: Error) => fail(error, 0),
    )
    .finally(() => {
      writing = null;
    });

  const flush = async (): Promise<void> => {
    while (waiting.length > 0 || writing) {
      writing ??= drain().finally(() => {
        writing = null;
      });
      await writing;
    }
  };
  const timer = setInterval(() => void flush(), flushEveryMs).unref();

  return {
    write(line) {
      if (characters + line.length > mostWaiting) {
        dropped++;
        complain(`${file} is written too slowly: ${dropped} lines are lost so far`);
        return;
      }
      waiting.push(line);
      characters += line.length;
      if (characters >= pieceCharacters) void flush();
    },
    get dropped() {
      return dropped;
    },
    reopen() {
      wasMoved = true;
    },
    flush,
    async close() {
      clearInterval(timer);
      await flush();
      await shut();
    },
  };
};

const openFile = async (file: string): Promise<FileHandle> => {
  makeFolder(dirname(file));
  return open(file, "a", 0o640);
};

/** What ends the line that a full disk has cut. */
const lineEnd = async (file: string): Promise<string> => {
  const handle = await open(file, "r");
  try {
    const { size } = await handle.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await handle.read(last, 0, 1, size - 1);
    return size === 0 || last.toString() === "\n" ? "" : "\n";
  } finally {
    await handle.close();
  }
};

const isStill = async (handle: FileHandle, file: string): Promise<boolean> => {
  const there = await stat(file).catch(() => null);
  const { ino, dev } = await handle.stat();
  return there !== null && there.ino === ino && there.dev === dev;
};

/** Moves the files on, unless another process is at it or has just done so. */
const rotate = async ({ file, files, megabytes }: LineFileOptions): Promise<void> => {
  const unlock = await lockRotation(`${file}.lock`);
  if (!unlock) return; // for now the file grows a little more
  try {
    const size = await stat(file).then(
      (found) => found.size,
      () => 0,
    );
    if (size < megabytes * 1_048_576) return;
    const name = (n: number) => (n === 0 ? file : `${file}.${n}`);
    await rm(name(files - 1), { force: true });
    for (let n = files - 2; n >= 0; n--) await rename(name(n), name(n + 1)).catch(() => {}); // there is none yet
  } finally {
    await unlock();
  }
};
