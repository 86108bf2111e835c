/** Remembers what can be made again, up to a number of bytes. */
export interface ByteCache<V> {
  get(key: string): V | undefined;
  /** A value larger than half of the cache is not kept. */
  set(key: string, value: V, bytes: number): void;
  delete(key: string): void;
}

/** What an entry takes beside its content: key, objects, places in the maps. */
const entryBytes = 600;

/**
 * A cache of two generations, as `lib/cache.ts`, bounded by what its values weigh: when the young one has half of the
 * bytes it becomes the old one, and what is used of the old one becomes young again.
 */
export const createByteCache = <V>(limitBytes: number): ByteCache<V> => {
  type Entry = { readonly value: V; readonly bytes: number };
  let young = new Map<string, Entry>();
  let old = new Map<string, Entry>();
  let youngBytes = 0;
  const drop = (key: string): void => {
    youngBytes -= young.get(key)?.bytes ?? 0;
    young.delete(key);
    old.delete(key);
  };
  const put = (key: string, entry: Entry): void => {
    drop(key);
    if (youngBytes + entry.bytes > limitBytes / 2) {
      old = young;
      young = new Map();
      youngBytes = 0;
    }
    young.set(key, entry);
    youngBytes += entry.bytes;
  };
  return {
    get(key) {
      const entry = young.get(key);
      if (entry) return entry.value;
      const older = old.get(key);
      if (older) put(key, older);
      return older?.value;
    },
    set(key, value, bytes) {
      const entry = { value, bytes: bytes + entryBytes };
      if (entry.bytes <= limitBytes / 2) put(key, entry);
      else drop(key);
    },
    delete: drop,
  };
};
