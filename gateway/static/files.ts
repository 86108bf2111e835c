import { createHash } from "node:crypto";
import { type Stats, statSync } from "node:fs";
import { type FileHandle, open, readFile, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import type { Clock } from "../lib/clock.ts";
import { createByteCache } from "./byte-cache.ts";
import type { Validators } from "./conditions.ts";

/** A file as it was when it was looked up. */
export interface File extends Validators {
  readonly kind: "file";
  /** as it was asked for below the root, a key for what is made of it */
  readonly name: string;
  /** where it really is, every link followed */
  readonly path: string;
  readonly size: number;
  /** as `Last-Modified` says it */
  readonly modified: string;
  /** as the disk says it, ms, which may be ahead of the clock */
  readonly datedMs: number;
  /** which file of which disk, and its state */
  readonly state: string;
  /** its bytes, if it is small enough to be kept */
  readonly content: Buffer | null;
}

export type Found = File | { readonly kind: "folder" } | { readonly kind: "nothing" };

export interface Files {
  /** What is at a path below the root. What lies outside, followed through links, is nothing. */
  find(segments: readonly string[]): Found | Promise<Found>;
  /** Whether the file is kept, and the disk shows it in the same state. */
  isCurrent(file: Pick<File, "name" | "state">): boolean;
  /** Null: another file is there by now, and what was found must be looked up anew. */
  open(file: File): Promise<FileHandle | null>;
  /** All its bytes; null as with `open`. */
  read(file: File): Promise<Buffer | null>;
}

export interface FilesOptions {
  readonly dir: string;
  /** memory for small files */
  readonly bytes: number;
  readonly clock: Clock;
}

/** Files up to this size are kept in memory, and have a tag of their content. */
const contentBytes = 64 * 1024;
/** A file asked for again within this time is not looked at on disk again: it saves a busy file's requests 6 µs each. */
const recheckMs = 100;
const nothing: Found = { kind: "nothing" };

interface Kept {
  readonly file: File;
  checkedAt: number;
}

/** The files below a folder; small ones stay in memory for as long as the disk shows the same file. */
export const createFiles = ({ dir, bytes, clock }: FilesOptions): Files => {
  const kept = createByteCache<Kept>(bytes);

  const find = async (name: string): Promise<Found> => {
    const checkedAt = clock();
    try {
      const root = await realpath(dir);
      const path = await realpath(name);
      if (path !== root && !path.startsWith(root.endsWith(sep) ? root : root + sep)) return nothing;
      const found = await look(name, path, clock());
      if (found.kind === "file") kept.set(name, { file: found, checkedAt }, found.content?.length ?? 0);
      return found;
    } catch (error) {
      if (isAbsence(error)) return nothing;
      throw error;
    }
  };
  const current = (name: string): File | null => {
    const entry = kept.get(name);
    if (!entry) return null;
    const now = clock();
    if (Math.abs(now - entry.checkedAt) < recheckMs) return entry.file;
    entry.checkedAt = now;
    if (isSame(name, entry.file)) return entry.file;
    kept.delete(name);
    return null;
  };
  const openSame = async (file: File): Promise<FileHandle | null> => {
    // O_NOFOLLOW is not needed: the path is the real one, and a link put there since would need write access.
    const handle = await open(file.path, "r").catch((error: unknown) => {
      if (isAbsence(error)) return null;
      throw error;
    });
    if (handle && stateOf(await handle.stat()) === file.state) return handle;
    await handle?.close();
    kept.delete(file.name);
    return null;
  };
  return {
    find(segments) {
      const name = join(dir, ...segments);
      // `join` drops the final slash, which asks for a folder.
      return segments.at(-1) === "" ? find(name).then(folderOnly) : (current(name) ?? find(name));
    },
    isCurrent: ({ name, state }) => current(name)?.state === state,
    open: openSame,
    async read(file) {
      const handle = await openSame(file);
      return handle ? handle.readFile().finally(() => handle.close()) : null;
    },
  };
};

const folderOnly = (found: Found): Found => (found.kind === "folder" ? found : nothing);

const look = async (name: string, path: string, now: number): Promise<Found> => {
  const stats = await stat(path);
  if (stats.isDirectory()) return { kind: "folder" };
  if (!stats.isFile()) return nothing; // reading a pipe or a device might never end
  // Looked at before it is read: if it changes in between, the next look sees another state.
  const content = stats.size <= contentBytes ? await readFile(path) : null;
  const size = content?.length ?? stats.size;
  // No `Last-Modified` may be later than its answer (RFC 9110 §8.8.2.1): archives and wrong clocks date files ahead.
  const modifiedMs = Math.floor(Math.min(stats.mtimeMs, now) / 1000) * 1000;
  return {
    kind: "file",
    name,
    path,
    size,
    etag: content ? tagOfContent(content) : tagOfTime(stats.mtimeMs, size),
    modifiedMs,
    modified: new Date(modifiedMs).toUTCString(),
    datedMs: stats.mtimeMs,
    state: stateOf(stats),
    content,
  };
};

// The time of the last change of the inode, too: tools may set the other one back.
const stateOf = ({ dev, ino, mtimeMs, ctimeMs, size }: Stats): string =>
  `${dev}:${ino}:${mtimeMs}:${ctimeMs}:${size}`;

// The same on every machine that has the file, and another one where a build writes the same time into all its files.
const tagOfContent = (content: Buffer): string =>
  `"${createHash("sha256").update(content).digest("base64url").slice(0, 16)}"`;

// Microseconds, so that two versions written within one millisecond differ.
const tagOfTime = (mtimeMs: number, size: number): string =>
  `"${Math.round(mtimeMs * 1000).toString(36)}-${size.toString(36)}"`;

// Follows links anew, so that a link that was moved to another release is seen. Synchronous: six microseconds, against
// thirty and more through the thread pool.
const isSame = (name: string, file: File): boolean => {
  try {
    return stateOf(statSync(name)) === file.state;
  } catch {
    return false; // gone, or out of reach: a new look says which
  }
};

const absences = ["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ELOOP", "EACCES", "EPERM"];

const isAbsence = (error: unknown): boolean =>
  error instanceof Error && "code" in error && absences.includes(String(error.code));
