/** Where copies of hits go. */
export interface Destination {
  readonly url: string;
  /** of which measurement ids */
  readonly takes: (id: string) => boolean;
}

/** What the tag says: `data-to`, without it the script's own origin; `data-ids`, without it all of them. */
export const readDestination = (script: HTMLScriptElement): Destination => {
  const { to = new URL(script.src).origin, ids = "*" } = script.dataset;
  const patterns = ids.split(/[\s,]+/).filter(Boolean);
  return {
    url: `${to.replace(/\/$/, "")}/g/collect`,
    takes: (id) => patterns.some((pattern) => fits(id, pattern)),
  };
};

/** `*` stands for any characters. */
const fits = (id: string, pattern: string): boolean =>
  new RegExp(`^${pattern.replace(/[^\w*]/g, "\\$&").replaceAll("*", ".*")}$`).test(id);
