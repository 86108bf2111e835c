/** Which keys are known, at most `limit` of them. */
export interface Roster {
  /** Notes a use of the key. A new key may take the place of another, which is given back. */
  note(key: string): string | null;
  /** Empties it and gives all keys that were known. */
  clear(): readonly string[];
  readonly size: number;
}

/**
 * Forgets a key that was quiet for long, in constant time: places in a circle, each with a mark that a use sets. A hand
 * goes round for the next place; it takes marks away and stops where there is none. Exact order of last use would
 * cost every request a deletion, and evicting from a large Map that is full of gaps tens of microseconds.
 */
export const createRoster = (limit: number): Roster => {
  let keys: string[] = [];
  const places = new Map<string, number>();
  const used = new Uint8Array(limit);
  let hand = 0;

  const nextPlace = (): number => {
    for (; used[hand]; hand = (hand + 1) % limit) used[hand] = 0;
    const place = hand;
    hand = (hand + 1) % limit;
    return place;
  };
  return {
    note(key) {
      const known = places.get(key);
      if (known !== undefined) {
        used[known] = 1;
        return null;
      }
      const place = keys.length < limit ? keys.length : nextPlace();
      const gone = keys[place];
      if (gone !== undefined) places.delete(gone);
      keys[place] = key;
      places.set(key, place);
      return gone ?? null;
    },
    clear() {
      const all = keys;
      keys = [];
      places.clear();
      used.fill(0);
      hand = 0;
      return all;
    },
    get size() {
      return keys.length;
    },
  };
};
