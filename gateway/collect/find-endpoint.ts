import type { Endpoint, Protocol } from "../model/protocol.ts";

export interface Entrance {
  readonly protocol: Protocol;
  readonly endpoint: Endpoint;
}

/** Finds the endpoint of a path: the one of exactly this path, else the longest prefix; null where there is none. */
export const createEndpointFinder = (protocols: readonly Protocol[]): ((path: string) => Entrance | null) => {
  const exact = new Map<string, Entrance>();
  const prefixes: Entrance[] = [];
  for (const protocol of protocols) {
    for (const endpoint of protocol.endpoints) {
      const entrance = { protocol, endpoint };
      exact.set(endpoint.path, entrance);
      if (!endpoint.path.endsWith("/")) continue;
      exact.set(endpoint.path.slice(0, -1), entrance);
      prefixes.push(entrance);
    }
  }
  prefixes.sort((a, b) => b.endpoint.path.length - a.endpoint.path.length);
  return (path) => {
    const found = exact.get(path);
    if (found) return found;
    for (const entrance of prefixes) if (path.startsWith(entrance.endpoint.path)) return entrance;
    return null;
  };
};
