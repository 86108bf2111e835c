/** Remembers which sealed files were found damaged, until they are whole again. */
import { type Damage, isWhole } from "./recovery.ts";
import type { Segment } from "./segment.ts";

export interface DamageList {
  note(found: readonly Damage[]): void;
  /** Those that still are not as they were sealed, and are in the manifest. */
  still(): readonly { readonly segment: Segment; readonly why: string }[];
}

export const createDamageList = (dir: string, segments: () => readonly Segment[]): DamageList => {
  const known = new Map<string, string>();
  return {
    note(found) {
      for (const { path, why } of found) known.set(path, why);
    },
    still() {
      if (known.size === 0) return [];
      const damaged = segments().flatMap((segment) => {
        const why = known.get(segment.path);
        return why === undefined || isWhole(dir, segment) ? [] : [{ segment, why }];
      });
      known.clear();
      for (const { segment, why } of damaged) known.set(segment.path, why);
      return damaged;
    },
  };
};
