import { mkdir, readdir, rename, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/** A file of the build, still in memory. */
export interface OutFile {
  /** path inside the build's folder */
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly modified?: Date;
}

/** Writes each beside its place and renames it: whoever reads meanwhile sees the old file or the new one. */
export const writeFiles = async (dir: string, files: readonly OutFile[]): Promise<void> => {
  await Promise.all(files.map((file) => write(join(dir, file.name), file)));
};

const write = async (path: string, { bytes, modified }: OutFile): Promise<void> => {
  const temporary = `${path}.${process.pid}`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(temporary, bytes);
  if (modified) await utimes(temporary, modified, modified);
  await rename(temporary, path);
};

/** The files below a folder, as paths with `/`; none where there is no folder. */
export const listFiles = async (dir: string): Promise<string[]> => {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .map((name) => name.replaceAll("\\", "/"));
};
