/**
 * Lines of JSON in a file, which gives way to a new one when it is large. A write has succeeded when the bytes are on
 * disk; what a crash or a full disk leaves of a line is cut off before the next is written.
 */
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { codeOf } from "../lib/error-code.ts";
import { makeFolder } from "../lib/make-folder.ts";
import { linesOf } from "./lines.ts";
import type { Sink } from "./sink.ts";

export interface FileSinkOptions {
  readonly path: string;
  /** a file that would be longer gives way to a new one */
  readonly megabytes: number;
  /** how many are kept, the current one among them: `events.jsonl`, `events.jsonl.1`, … */
  readonly files: number;
}

interface Place {
  readonly handle: FileHandle;
  readonly inode: number;
  bytes: number;
}

export const createFileSink = (id: string, options: FileSinkOptions): Sink => {
  const { path } = options;
  const maxBytes = options.megabytes * 1_048_576;
  let place: Place | null = null;

  const leave = async (): Promise<void> => {
    const { handle } = place ?? {};
    place = null;
    await handle?.close();
  };

  const placeFor = async (length: number): Promise<Place> => {
    // Somebody may have moved or removed the file: what is written to it now nobody would find.
    if (place && !(await isStill(path, place.inode))) await leave();
    place ??= await openEnd(path);
    if (place.bytes > 0 && place.bytes + length > maxBytes) {
      await leave();
      await rotate(options);
      place = await openEnd(path);
    }
    return place;
  };

  const append = async (bytes: Buffer): Promise<void> => {
    const at = await placeFor(bytes.length);
    try {
      await writeAll(at.handle, bytes);
      await at.handle.datasync();
      at.bytes += bytes.length;
    } catch (error) {
      await at.handle.truncate(at.bytes).catch(() => {}); // else `openEnd` mends it
      await leave().catch(() => {});
      throw error;
    }
  };

  return {
    id,
    async write(batch, signal) {
      signal.throwIfAborted();
      try {
        await append(Buffer.from(linesOf(batch)));
      } catch (cause) {
        throw new Error(`${path} cannot be written (${codeOf(cause)}): make room, or name another path`, {
          cause,
        });
      }
    },
    close: leave,
  };
};

const isStill = async (path: string, inode: number): Promise<boolean> => {
  try {
    return (await stat(path)).ino === inode;
  } catch {
    return false; // it has gone
  }
};

/** The file's end, after its last whole line; a new file's name is on disk when this resolves. */
const openEnd = async (path: string): Promise<Place> => {
  makeFolder(dirname(path));
  const handle = await open(path, "a+", 0o600);
  try {
    const { size, ino } = await handle.stat();
    const bytes = await endOfLines(handle, size);
    if (bytes < size) await handle.truncate(bytes);
    await syncFolder(dirname(path));
    return { handle, inode: ino, bytes };
  } catch (error) {
    await handle.close();
    throw error;
  }
};

const newline = 0x0a;

const endOfLines = async (handle: FileHandle, size: number): Promise<number> => {
  const chunk = Buffer.alloc(65_536);
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - chunk.length);
    const { bytesRead } = await handle.read(chunk, 0, end - start, start);
    const last = chunk.subarray(0, bytesRead).lastIndexOf(newline);
    if (last !== -1) return start + last + 1;
    end = start;
  }
  return 0;
};

const writeAll = async (handle: FileHandle, bytes: Buffer): Promise<void> => {
  for (let at = 0; at < bytes.length; ) {
    at += (await handle.write(bytes, at)).bytesWritten;
  }
};

const rotate = async ({ path, files }: FileSinkOptions): Promise<void> => {
  const name = (n: number) => (n === 0 ? path : `${path}.${n}`);
  await rm(name(files - 1), { force: true });
  for (let n = files - 2; n >= 0; n--) await renameIfThere(name(n), name(n + 1));
};

const renameIfThere = async (from: string, to: string): Promise<void> => {
  try {
    await rename(from, to);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error;
  }
};

const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } catch {
    // some file systems refuse this for folders: then the name is as durable as they make it
  } finally {
    await handle.close();
  }
};
