/** The site's traffic filters: what an event is called by those that only name, and whether it is kept at all. */
import type { Event } from "../model/event.ts";
import type { Site, TrafficFilter } from "../model/site.ts";
import { filterColumns, readColumn } from "./filter/columns.ts";
import { parseExpression, type ReadColumn, type Test } from "./filter/expression.ts";

export interface Verdict {
  readonly kept: boolean;
  /** the filter that dropped the event, or the first of those that only name; null for none */
  readonly filter: string | null;
}

export type Judge = (event: Event, address: string | null) => Verdict;

const plainly: Verdict = { kept: true, filter: null };

/**
 * Judges events by filters. `address` is the client's, unmasked, where it is known: ranges finer than the mask would
 * match nothing else. An event that no `allow` filter matches is dropped where there is one.
 */
export const createJudge = (filters: readonly TrafficFilter[]): Judge => {
  if (filters.length === 0) return () => plainly;
  const compiled = filters.map((filter) => compile(filter));
  const excluding = compiled.filter(({ role }) => role === "exclude");
  const allowing = compiled.filter(({ role }) => role === "allow");
  const naming = compiled.filter(({ role }) => role === "test");
  return (event, address) => {
    const read = readerOf(event, address);
    const excludedBy = excluding.find(({ test }) => test(read));
    if (excludedBy) return { kept: false, filter: excludedBy.name };
    if (allowing.length > 0 && !allowing.some(({ test }) => test(read))) {
      return { kept: false, filter: allowing.map(({ name }) => name).join(", ") };
    }
    const named = naming.find(({ test }) => test(read));
    return named ? { kept: true, filter: named.name } : plainly;
  };
};

interface Compiled {
  readonly name: string;
  readonly role: TrafficFilter["type"];
  readonly test: Test;
}

const compile = ({ name, type, test_mode, expression }: TrafficFilter): Compiled => ({
  name,
  role: test_mode ? "test" : type,
  test: parseExpression(expression, filterColumns),
});

const readerOf =
  (event: Event, address: string | null): ReadColumn =>
  (column) =>
    column === "ip_address" && address !== null ? address : readColumn(event, column);

/** The judges of sites, each made once. */
export const createJudges = (): ((site: Site) => Judge) => {
  const judges = new WeakMap<Site, Judge>();
  return (site) => {
    const judge = judges.get(site) ?? createJudge(site.filters.conditions);
    judges.set(site, judge);
    return judge;
  };
};
