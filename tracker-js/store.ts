import { safe } from "./lib/safe.ts";
import { bound, isFresh, maxStored, without } from "./queue.ts";

/** What outlives the page: events that were not acknowledged yet. */
export interface Store {
  load(): readonly string[];
  add(texts: readonly string[]): void;
  remove(texts: readonly string[]): void;
}

const key = "tp_q";

/** Keeps them in localStorage, one a line, shared by the site's tabs. Blocked or full, it keeps nothing more. */
export const browserStore = (): Store => {
  const read = safe(() => (localStorage.getItem(key) || "").split("\n"));
  const load = () => (read() || []).filter((text) => isFresh(text, Date.now()));
  const save = safe((texts: readonly string[]) => {
    if (texts.length > 0) localStorage.setItem(key, texts.join("\n"));
    else localStorage.removeItem(key);
  });
  return {
    load,
    add: (texts) => save(bound([...new Set([...load(), ...texts])], maxStored)),
    remove: (texts) => save(without(load(), texts)),
  };
};
