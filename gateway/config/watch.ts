import { readFileSync, statSync } from "node:fs";

const lookEveryMs = 200;

/**
 * Calls `onChange` when the file's content has become another. The file is looked at, not watched by the system: editors
 * rename a new one over it, links on the way to it change, and a folder of another machine tells nothing.
 */
export const watchConfig = (file: string, onChange: () => void): { close(): void } => {
  const hasChanged = createChangeDetector(() => readOrNull(file));
  let seen = versionOf(file);
  let isSettling = false;
  const timer = setInterval(() => {
    const now = versionOf(file);
    const isSame = now === seen;
    seen = now;
    // An editor's save is several steps, and between them the file may be empty or away.
    const isSaved = isSame && isSettling;
    isSettling = !isSame;
    if (isSaved && hasChanged()) onChange();
  }, lookEveryMs);
  return { close: () => clearInterval(timer) };
};

const versionOf = (file: string): string => {
  try {
    const { dev, ino, mtimeNs, size } = statSync(file, { bigint: true });
    return `${dev} ${ino} ${mtimeNs} ${size}`;
  } catch {
    return ""; // away, or behind a folder that cannot be entered: as with its content, what was before goes on
  }
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
