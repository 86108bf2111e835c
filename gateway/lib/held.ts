/** What several hold under one name: made for the first, and forgotten with the last. */
export interface Held<T> {
  /** Held until `release`, by as many as take it. */
  take(name: string, make: () => T): T;
  /** Says whether nobody holds it any more. */
  release(name: string): boolean;
}

export const createHeld = <T>(): Held<T> => {
  const held = new Map<string, { readonly value: T; holders: number }>();
  return {
    take(name, make) {
      const known = held.get(name) ?? { value: make(), holders: 0 };
      known.holders++;
      held.set(name, known);
      return known.value;
    },
    release(name) {
      const known = held.get(name);
      if (!known || --known.holders > 0) return false;
      return held.delete(name);
    },
  };
};
