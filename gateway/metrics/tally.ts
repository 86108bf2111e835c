/**
 * The room of the metrics. On the way of a request there are plain numbers in arrays, a fraction of a microsecond each;
 * what Prometheus reads is made of them when it asks.
 */

/** Upper bounds of the histogram, seconds: a file takes a fraction of a millisecond, a report seconds. */
export const bounds = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;

/** Methods that are told apart; a client may send any word. */
export const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"] as const;
const methodNumbers: ReadonlyMap<string, number> = new Map(methods.map((method, i) => [method, i]));
const otherMethod = methods.length - 1;

/** Classes of status; 499 and the like are 4xx, what got no status at all is `none`. */
export const classes = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"] as const;

/** What one route has answered. */
export interface RouteCounts {
  /** by method and class: `method * classes.length + class` */
  readonly requests: number[];
  /** how many took at most `bounds[i]`, and not `bounds[i - 1]`; the last took longer than all */
  readonly durations: number[];
  seconds: number;
  bytesIn: number;
  bytesOut: number;
}

/** Plain data, so that it can be sent between processes and added up. */
export interface Counts {
  readonly routes: Record<string, RouteCounts>;
  /** requests and connections that a limit refused, by the limit's name */
  readonly refused: Record<string, number>;
  /** what was no request that could be read, by the reason */
  readonly malformed: Record<string, number>;
  /** other things that are counted, by name */
  readonly events: Record<string, number>;
}

/** Counts of this process. */
export interface Tally {
  request(route: string, method: string, status: number, seconds: number, bytes: Bytes): void;
  refused(limit: string): void;
  malformed(reason: string): void;
  add(event: string, n: number): void;
  counts(): Counts;
}

export interface Bytes {
  readonly in: number;
  readonly out: number;
}

/** Routes come from the settings, which may change while the process runs. */
const mostRoutes = 500;
const otherRoute = "(other)";

export const createTally = (): Tally => {
  const routes = new Map<string, RouteCounts>();
  const refused: Record<string, number> = Object.create(null);
  const malformed: Record<string, number> = Object.create(null);
  const events: Record<string, number> = Object.create(null);

  const makeRoute = (name: string): RouteCounts => {
    const known = routes.size < mostRoutes ? name : otherRoute;
    const counts = routes.get(known) ?? noRequests();
    routes.set(known, counts);
    return counts;
  };

  return {
    request(route, method, status, seconds, bytes) {
      const counts = routes.get(route) ?? makeRoute(route);
      const row = (methodNumbers.get(method) ?? otherMethod) * classes.length;
      const place = row + classOf(status);
      counts.requests[place] = (counts.requests[place] ?? 0) + 1;
      let bucket = 0;
      while (seconds > (bounds[bucket] ?? Number.POSITIVE_INFINITY)) bucket++;
      counts.durations[bucket] = (counts.durations[bucket] ?? 0) + 1;
      counts.seconds += seconds;
      counts.bytesIn += bytes.in;
      counts.bytesOut += bytes.out;
    },
    refused(limit) {
      refused[limit] = (refused[limit] ?? 0) + 1;
    },
    malformed(reason) {
      malformed[reason] = (malformed[reason] ?? 0) + 1;
    },
    add(event, n) {
      events[event] = (events[event] ?? 0) + n;
    },
    counts: () => ({
      routes: Object.fromEntries(routes),
      refused: { ...refused },
      malformed: { ...malformed },
      events: { ...events },
    }),
  };
};

const noRequests = (): RouteCounts => ({
  requests: new Array<number>(methods.length * classes.length).fill(0),
  durations: new Array<number>(bounds.length + 1).fill(0),
  seconds: 0,
  bytesIn: 0,
  bytesOut: 0,
});

const classOf = (status: number): number => {
  const number = Math.floor(status / 100);
  return number >= 1 && number <= 5 ? number : 0;
};

export const noCounts = (): Counts => ({ routes: {}, refused: {}, malformed: {}, events: {} });

/** The sums of what several processes counted. */
export const addCounts = (all: readonly Counts[]): Counts => {
  const sum: Counts = noCounts();
  for (const { routes, refused, malformed, events } of all) {
    for (const [name, counts] of Object.entries(routes))
      sum.routes[name] = addRoute(sum.routes[name] ?? noRequests(), counts);
    addNumbers(sum.refused, refused);
    addNumbers(sum.malformed, malformed);
    addNumbers(sum.events, events);
  }
  return sum;
};

const addRoute = (sum: RouteCounts, more: RouteCounts): RouteCounts => {
  for (const [i, n] of more.requests.entries()) sum.requests[i] = (sum.requests[i] ?? 0) + n;
  for (const [i, n] of more.durations.entries()) sum.durations[i] = (sum.durations[i] ?? 0) + n;
  sum.seconds += more.seconds;
  sum.bytesIn += more.bytesIn;
  sum.bytesOut += more.bytesOut;
  return sum;
};

const addNumbers = (sum: Record<string, number>, more: Readonly<Record<string, number>>): void => {
  for (const [name, n] of Object.entries(more)) sum[name] = (sum[name] ?? 0) + n;
};
