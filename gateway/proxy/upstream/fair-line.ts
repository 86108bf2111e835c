/** Those who wait for something, by whom they come from: each of these has a turn, however many wait of one. */
export interface FairLine<T> {
  readonly length: number;
  push(from: string, item: T): void;
  /** The next; items of one origin come in the order in which they came. */
  shift(): T | undefined;
  /** Takes it out of the line; false where it is not in it. */
  remove(item: T): boolean;
  /** Takes out the last of the origin of which most wait, if that is more than wait of this one; else nothing. */
  makeRoom(from: string): T | undefined;
}

export const createFairLine = <T>(): FairLine<T> => {
  /** The one whose turn is next is first. */
  const origins = new Map<string, T[]>();
  let length = 0;

  return {
    get length() {
      return length;
    },
    push(from, item) {
      const items = origins.get(from);
      if (items) items.push(item);
      else origins.set(from, [item]);
      length++;
    },
    shift() {
      for (const [from, items] of origins) {
        const item = items.shift();
        origins.delete(from);
        if (items.length > 0) origins.set(from, items); // behind the others
        length--;
        return item;
      }
      return undefined;
    },
    remove(item) {
      for (const [from, items] of origins) {
        const at = items.indexOf(item);
        if (at < 0) continue;
        items.splice(at, 1);
        if (items.length === 0) origins.delete(from);
        length--;
        return true;
      }
      return false;
    },
    makeRoom(from) {
      let most: string | null = null;
      let many = (origins.get(from)?.length ?? 0) + 1;
      for (const [origin, { length: theirs }] of origins) if (theirs > many) [most, many] = [origin, theirs];
      const items = most === null ? undefined : origins.get(most);
      const last = items?.pop();
      if (last !== undefined) length--;
      return last;
    },
  };
};
