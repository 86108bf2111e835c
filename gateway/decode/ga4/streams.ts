import type { Site } from "../../model/site.ts";

const tests = new WeakMap<Site, (id: string) => boolean>();

/** Whether a measurement id, or an app's id, is one that the site names; `*` stands for any characters. */
export const ownsStream = (site: Site, id: string): boolean => {
  let owns = tests.get(site);
  if (!owns) {
    owns = testOf(site.measurementIds);
    tests.set(site, owns);
  }
  return owns(id);
};

const testOf = (patterns: readonly string[]): ((id: string) => boolean) => {
  const exact = new Set(patterns.filter((pattern) => !pattern.includes("*")));
  const globs = patterns.filter((pattern) => pattern.includes("*")).map((pattern) => pattern.split("*"));
  return (id) => exact.has(id) || globs.some((parts) => fits(id, parts));
};

/** The texts between the stars must follow each other: looked for by hand, as a pattern could take for ever. */
const fits = (id: string, parts: readonly string[]): boolean => {
  const first = parts[0] ?? "";
  const last = parts.at(-1) ?? "";
  if (id.length < first.length + last.length || !id.startsWith(first) || !id.endsWith(last)) return false;
  const end = id.length - last.length;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = id.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
};
