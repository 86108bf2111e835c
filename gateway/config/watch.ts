import { readFileSync, watch } from "node:fs";
import { basename, dirname, resolve } from "node:path";

const settleMs = 100;

/**
 * Calls `onChange` when the file's content has become another. The folder is watched, not the file: many
 * editors write a new file and rename it over the old one, which a watched file would never tell.
 */
export const watchConfig = (file: string, onChange: () => void): { close(): void } => {
  const path = resolve(file);
  const hasChanged = createChangeDetector(() => readOrNull(path));
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    if (hasChanged()) onChange();
  };
  const watcher = watch(dirname(path), (_kind, name) => {
    if (name !== null && name !== basename(path)) return;
    // An editor's save is several events, and between them the file may be empty or away.
    clearTimeout(timer);
    timer = setTimeout(look, settleMs);
  });
  watcher.on("error", () => watcher.close()); // the folder went away: there is nothing left to watch
  return {
    close() {
      clearTimeout(timer);
      watcher.close();
    },
  };
};

/** Asks whether the content is another than when last asked. A file that is away has not changed. */
export const createChangeDetector = (read: () => string | null): (() => boolean) => {
  let known = read();
  return () => {
    const now = read();
    if (now === null || now === known) return false;
    known = now;
    return true;
  };
};

const readOrNull = (path: string): string | null => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null; // in the middle of a save, or removed: the old settings go on
  }
};
