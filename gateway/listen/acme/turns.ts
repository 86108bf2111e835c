/** Who may order now: a few hosts at once, under the one lock of the store. */
import type { FolderLock, Held } from "./lock.ts";

export interface Turns {
  /** A turn for the host, or null while it has one, too many others have, or another gateway is ordering. */
  take(host: string): Turn | null;
}

export interface Turn {
  /** Nobody else is ordering. */
  readonly isAlone: boolean;
  release(): void;
}

export const createTurns = (lock: FolderLock, most: number): Turns => {
  const names = new Set<string>();
  let held: Held | null = null;
  return {
    take(host) {
      // A host and its wildcard are proven by one record, which simple commands replace.
      const name = host.replace(/^\*\./, "");
      if (names.has(name) || names.size >= most) return null;
      if (held && !held.isOurs()) return null; // we slept, and another took it over: no more until ours have ended
      held ??= lock.take();
      if (!held) return null;
      const isAlone = names.size === 0;
      names.add(name);
      return {
        isAlone,
        release() {
          names.delete(name);
          if (names.size > 0) return;
          held?.release();
          held = null;
        },
      };
    },
  };
};
