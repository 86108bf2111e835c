import { type Stats, statSync } from "node:fs";
import { type FileHandle, open, readFile, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { createCache } from "../lib/cache.ts";
import type { Validators } from "./conditions.ts";

/** A file as it was when it was looked up. */
export interface File extends Validators {
  readonly kind: "file";
  /** where it really is, every link followed */
  readonly path: string;
  readonly size: number;
  /** as `Last-Modified` says it */
  readonly modified: string;
  /** which file of which disk */
  readonly inode: string;
  /** its bytes, if it is small enough to be kept */
  readonly content: Buffer | null;
}

export type Found = File | { readonly kind: "folder" } | { readonly kind: "nothing" };

export interface Files {
  /** What is at a path below the root. What lies outside, followed through links, is nothing. */
  find(segments: readonly string[]): Found | Promise<Found>;
  open(file: File): Promise<FileHandle>;
}

const keptFiles = 256;
const keptBytes = 64 * 1024;
const nothing: Found = { kind: "nothing" };

/** The files below a folder; small ones stay in memory for as long as the disk shows the same file. */
export const createFiles = (dir: string): Files => {
  const kept = createCache<string, File>(keptFiles);

  const find = async (name: string): Promise<Found> => {
    try {
      const root = await realpath(dir);
      const path = await realpath(name);
      if (path !== root && !path.startsWith(root.endsWith(sep) ? root : root + sep)) return nothing;
      const found = await look(path);
      if (found.kind === "file" && found.content) kept.set(name, found);
      return found;
    } catch (error) {
      if (isAbsence(error)) return nothing;
      throw error;
    }
  };
  return {
    find(segments) {
      const name = join(dir, ...segments);
      const file = segments.at(-1) === "" ? undefined : kept.get(name);
      if (file && isSame(name, file)) return file;
      // `join` drops the final slash, which asks for a folder.
      return segments.at(-1) === "" ? find(name).then(folderOnly) : find(name);
    },
    // O_NOFOLLOW is not needed: the path is the real one, and a link put there since would need write access.
    open: (file) => open(file.path, "r"),
  };
};

const folderOnly = (found: Found): Found => (found.kind === "folder" ? found : nothing);

const look = async (path: string): Promise<Found> => {
  const stats = await stat(path);
  if (stats.isDirectory()) return { kind: "folder" };
  if (!stats.isFile()) return nothing; // reading a pipe or a device might never end
  const content = stats.size <= keptBytes ? await readFile(path) : null;
  const size = content?.length ?? stats.size; // it may have grown between the two calls
  const modifiedMs = Math.floor(stats.mtimeMs / 1000) * 1000;
  return {
    kind: "file",
    path,
    size,
    etag: tagOf(stats.mtimeMs, size),
    modifiedMs,
    modified: new Date(modifiedMs).toUTCString(),
    inode: inodeOf(stats),
    content,
  };
};

const inodeOf = (stats: Stats): string => `${stats.dev}:${stats.ino}`;

// Microseconds, so that two versions written within one millisecond differ.
const tagOf = (mtimeMs: number, size: number): string =>
  `"${Math.round(mtimeMs * 1000).toString(36)}-${size.toString(36)}"`;

// Follows links anew, so that a link that was moved to another release is seen. Synchronous: two microseconds for
// a file that was just served, against thirty through the thread pool.
const isSame = (name: string, file: File): boolean => {
  try {
    const stats = statSync(name);
    return inodeOf(stats) === file.inode && tagOf(stats.mtimeMs, stats.size) === file.etag;
  } catch {
    return false; // gone, or out of reach: a new look says which
  }
};

const absences = ["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ELOOP", "EACCES", "EPERM"];

const isAbsence = (error: unknown): boolean =>
  error instanceof Error && "code" in error && absences.includes(String(error.code));
