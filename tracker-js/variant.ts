import { readCookie } from "./lib/cookies.ts";

/** The variant of an experiment in force for this visitor: as the cookie says, else as the page was served. */
export const readVariant = (key: string): string | null =>
  parseXid(readCookie("xid"), key) ?? document.documentElement.getAttribute("data-x-" + key);

/** `experiment.variant~experiment.variant` → the variant of `key`. */
export const parseXid = (text: string, key: string): string | null => {
  const entry = text.split("~").find((pair) => pair.startsWith(key + "."));
  return entry ? entry.slice(key.length + 1) : null;
};
