/** Something that answers for hosts: exact names, `*.example.com` (any depth below, not the name itself), or `*`. */
export interface HostEntry<T> {
  readonly hosts: readonly string[];
  readonly value: T;
}

const hostsKept = 1000;

/**
 * Finds what answers for a host: first by exact name, then by wildcard with the longest first, then by `*`; among equals
 * in the order given. An entry comes once, at its best rank. The answers of recent hosts are kept.
 */
export const createHostTable = <T>(
  entries: readonly HostEntry<T>[],
  order: (a: T, b: T) => number = () => 0,
): ((host: string) => readonly T[]) => {
  const recent = new Map<string, readonly T[]>();
  return (host) => {
    const known = recent.get(host);
    if (known) return known;
    const found = rankedMatches(entries, host).sort((a, b) => b.rank - a.rank || order(a.value, b.value));
    const values = found.map((match) => match.value);
    if (recent.size >= hostsKept) recent.clear(); // clients may make up hosts
    recent.set(host, values);
    return values;
  };
};

const rankedMatches = <T>(entries: readonly HostEntry<T>[], host: string) =>
  entries
    .map(({ hosts, value }) => ({ rank: Math.max(...hosts.map((pattern) => rankOf(pattern, host))), value }))
    .filter((match) => match.rank >= 0);

const exact = Number.MAX_SAFE_INTEGER;

/** How closely a pattern names a host; below zero it does not. */
const rankOf = (pattern: string, host: string): number => {
  if (pattern === "*") return 0;
  if (pattern === host) return exact;
  return pattern.startsWith("*.") && host.length >= pattern.length && host.endsWith(pattern.slice(1))
    ? pattern.length
    : -1;
};

/** Some host answers to both patterns. */
export const hostsMeet = (a: string, b: string): boolean =>
  rankOf(a, b) >= 0 || rankOf(b, a) >= 0 || (a.startsWith("*.") && b.startsWith("*.") && nested(a, b));

const nested = (a: string, b: string): boolean => a.endsWith(b.slice(1)) || b.endsWith(a.slice(1));
