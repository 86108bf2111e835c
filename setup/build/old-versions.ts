import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** How many versions of a script stay: pages in browsers and caches go on asking for the one they name. */
const keptVersions = 10;

/** Removes the oldest versioned copies of each script beyond ten; the plain names stay. */
export const removeOldVersions = async (dir: string): Promise<void> => {
  const kinds = new Map<string, string[]>();
  for (const name of await readdir(dir)) {
    const kind = /^(track(?:\.[a-z]+)?)\.[0-9a-f]{8}\.js$/.exec(name)?.[1];
    if (kind) kinds.set(kind, [...(kinds.get(kind) ?? []), name]);
  }
  for (const names of kinds.values()) await removeOldest(dir, names);
};

const removeOldest = async (dir: string, names: readonly string[]): Promise<void> => {
  const dated = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(dir, name))).mtimeMs })),
  );
  const old = dated.sort((a, b) => b.at - a.at).slice(keptVersions);
  await Promise.all(old.map(({ name }) => rm(join(dir, name), { force: true })));
};
