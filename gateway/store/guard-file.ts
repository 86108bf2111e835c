import { type BigIntStats, statSync } from "node:fs";

/**
 * Throws where the file is not the one any more that was there at first: what is written into one that was removed is gone
 * with its process.
 */
export const guardFile = (file: string): (() => void) => {
  const { ino, dev } = statSync(file, { bigint: true });
  return () => {
    const now = read(file);
    if (now?.ino === ino && now.dev === dev) return;
    throw new Error(
      `${file} is not the file any more that was opened: put it back, or stop the gateway and start it again`,
    );
  };
};

const read = (file: string): BigIntStats | undefined => {
  try {
    return statSync(file, { bigint: true });
  } catch {
    return undefined; // away, or behind a folder that is
  }
};
