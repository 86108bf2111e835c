import type { Assignment } from "../model/experiment.ts";

/** The cookie `xid`, which pages read: `experiment.variant~experiment.variant`. Keys hold neither sign. */
export const formatXid = (assignments: readonly Assignment[]): string =>
  assignments.map(({ experiment, variant }) => `${experiment}.${variant}`).join("~");

/** Experiment → variant from the cookie; whatever is not a pair of keys is left out, the first one wins. */
export const parseXid = (text: string): Readonly<Record<string, string>> => {
  const variants: Record<string, string> = {};
  for (const part of text.slice(0, maxLength).split("~")) {
    const [, experiment, variant] = pair.exec(part) ?? [];
    if (experiment && variant && !Object.hasOwn(variants, experiment)) variants[experiment] = variant;
  }
  return variants;
};

// No browser sends a longer cookie.
const maxLength = 4096;
const pair = /^([A-Za-z0-9][A-Za-z0-9_-]{0,63})\.([A-Za-z0-9][A-Za-z0-9_-]{0,63})$/;
