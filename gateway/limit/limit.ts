/**
 * The room of the limits: who may ask at all, how large a request may be, and how many may come in a time. What counts
 * lives longer than the settings and comes in as `counters`.
 */
import { hash } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Handler, Layer, Upgrade } from "../http/exchange.ts";
import { networkOf, parseCidrs, plainAddress } from "../lib/ip.ts";
import { type Counters, dailyRule, type Rule, windowRule } from "./counters.ts";
import { bannedError, isTold, limitFields, sizeError, type Told, tooMany, Unanswered } from "./refusal.ts";
import type { LimitSettings, RouteLimit } from "./settings.ts";

/** What of a request is counted. */
export interface Counted {
  /** the client's address */
  readonly address: string;
  /** the address of the connection's other end */
  readonly peer: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** the visitor's id, null where there is none; asked only where visitors are counted */
  readonly visitor: () => string | null;
}

export interface LimiterOptions {
  readonly isTrusted: (address: string) => boolean;
  readonly counters: Counters;
  readonly visitorOf: (x: Upgrade) => string | null;
  /** told the name of what refuses a request */
  readonly onRefused?: (reason: string) => void;
}

export interface Limiter {
  /** null: it may pass; else it may once this resolves, and not if it rejects with the refusal. */
  admit(request: Counted): Admission;
  /** The same for a request as it came, size and all. */
  admitExchange(x: Upgrade): Admission;
  /** The same for an upgrade that a limit of its route may yet refuse: then that gives back what this has counted of a day. */
  admitUpgrade(x: Upgrade): Admission;
  /** Lets a request through, or refuses it and says when to come back. */
  readonly layer: Layer;
  /** The limit of a route, to be asked after that of all requests; `route` names it. */
  ofRoute(limit: RouteLimit, route: string): RouteLimiter;
  /** What `admit` alone would not refuse as it should be: the others and the layer do. */
  isOdd(address: string, target: string, fields: number): boolean;
}

export interface RouteLimiter {
  readonly layer: Layer;
  admit(x: Upgrade): Admission;
}

/** Resolves with what the answer is to say of the client's limits. */
export type Admission = Promise<readonly Told[]> | null;

type KeyOf = (request: Counted) => string | null;
type Counting = readonly [rule: Rule, keyOf: KeyOf];

/**
 * Counts requests per IPv4 address and per IPv6 /64, and by visitor and key where the settings say so. Exempt and allowed
 * ranges are not counted, unless a peer that is not trusted sends a forwarding header: then somebody else stands
 * behind that address.
 */
export const createLimiter = (settings: LimitSettings, options: LimiterOptions): Limiter => {
  const { counters, isTrusted } = options;
  const isExempt = parseCidrs([...settings.exempt, ...settings.allow]);
  const isAllowed = parseCidrs(settings.allow);
  const isBanned = settings.ban.length === 0 ? null : parseCidrs(settings.ban);
  const { ofAddress, ofClaims } = countingsOf(settings);
  const refused = (reason: string): void => options.onRefused?.(reason);

  const count = (rule: Rule, key: string): Promise<Mark> =>
    counters.count(rule, key).then((standing) => ({ rule, standing, key }));

  /** A request that is refused counts in no quota of the day: a burst over a window costs nobody the rest of it. */
  const takeBack = (marks: readonly Mark[]): void => {
    for (const { rule, standing, key } of marks)
      if (rule.daily && !standing.isOver) counters.takeBack(rule, key);
  };

  /** Counts by all of them; a request that is over several comes back when the last of them lets it. */
  const countAll = (countings: readonly Counting[], request: Counted): Marking => {
    const counted: Promise<Mark>[] = [];
    for (const [rule, keyOf] of countings) {
      const key = keyOf(request);
      if (key !== null) counted.push(count(rule, key));
    }
    const [first] = counted;
    if (first === undefined) return null;
    // Most sites count by the address alone.
    return counted.length === 1 ? first.then((told) => judge([told])) : Promise.all(counted).then(judge);
  };

  const judge = (all: readonly Mark[]): readonly Mark[] => {
    const refusals = all.filter(({ standing }) => standing.isOver);
    if (refusals.length === 0) return all.filter(isTold);
    takeBack(all);
    for (const { rule } of refusals) refused(rule.name);
    throw tooMany(refusals);
  };

  const isFree = (request: Counted): boolean => isExempt(request.address) && !isForwarded(request, isTrusted);

  const admit = (request: Counted): Marking => {
    if (isBanned?.(request.address) && !(isAllowed(request.address) && !isForwarded(request, isTrusted))) {
      refused("banned");
      return Promise.reject(bannedError(settings.banned));
    }
    if (isFree(request)) return null;
    const waiting = countAll(ofAddress, request);
    if (waiting === null || ofClaims.length === 0) return waiting;
    // What a request says of itself may be made up: an address over its limit must not fill the counters with it.
    return waiting.then((told) => countClaims(told, request));
  };

  const countClaims = async (told: readonly Mark[], request: Counted): Promise<readonly Mark[]> => {
    try {
      return [...told, ...((await countAll(ofClaims, request)) ?? [])];
    } catch (error) {
      takeBack(told);
      throw error;
    }
  };

  const admitExchange = (x: Upgrade): Marking => {
    const tooLarge = sizeError(x.req.url ?? "", x.req.rawHeaders.length / 2, settings);
    if (!tooLarge) return admit(countedOf(x, options));
    refused("size");
    return Promise.reject(tooLarge);
  };

  return {
    admit,
    admitExchange,
    admitUpgrade(x) {
      const waiting = admitExchange(x);
      return waiting === null ? null : waiting.then((told) => remember(x, told));
    },
    layer: layerOf(admitExchange, takeBack),
    ofRoute(limit, route) {
      const counting: Counting = [
        windowRule("route", limit.requests, limit.windowSeconds, route),
        keysBy[limit.by](settings),
      ];
      const admitTo = (x: Upgrade): Marking => {
        const request = countedOf(x, options);
        return isFree(request) ? null : countAll([counting], request);
      };
      const admitAfterAll = (x: Upgrade): Marking => {
        const waiting = admitTo(x);
        return waiting === null ? null : waiting.catch((error: unknown) => takeBackAll(x, takeBack, error));
      };
      return { layer: layerOf(admitTo, takeBack), admit: admitAfterAll };
    },
    isOdd: (address, target, fields) =>
      sizeError(target, fields, settings) !== null ||
      (settings.banned === "close" && isBanned?.(address) === true),
  };
};

/** What was counted, and for whom. */
interface Mark extends Told {
  readonly key: string;
}

type Marking = Promise<readonly Mark[]> | null;

const layerOf =
  (admit: (x: Upgrade) => Marking, takeBack: (marks: readonly Mark[]) => void): Layer =>
  (next: Handler) =>
  (x) => {
    const waiting = admit(x);
    if (waiting === null) return next(x);
    return waiting.then(
      (told) => {
        if (told.length > 0) tell(x.res, remember(x, told));
        return next(x);
      },
      (error: unknown) => {
        takeBack(said.get(x.req) ?? []);
        if (!(error instanceof Unanswered)) throw error;
        x.req.socket.destroy();
      },
    );
  };

const tell = (res: ServerResponse, all: readonly Mark[]): void => {
  for (const [name, value] of Object.entries(limitFields(all))) res.setHeader(name, value);
};

/** Answers it with what a limit before this one has said. */
const remember = ({ req }: Upgrade, told: readonly Mark[]): readonly Mark[] => {
  const all = [...(said.get(req) ?? []), ...told];
  said.set(req, all);
  return all;
};

/** What the limits before the one that refuses have counted for the day is given back. */
const takeBackAll = ({ req }: Upgrade, takeBack: (marks: readonly Mark[]) => void, error: unknown): never => {
  takeBack(said.get(req) ?? []);
  throw error;
};

const said = new WeakMap<Upgrade["req"], readonly Mark[]>();

const countedOf = (x: Upgrade, { visitorOf }: LimiterOptions): Counted => ({
  address: x.address,
  peer: x.req.socket.remoteAddress,
  headers: x.req.headers,
  visitor: () => visitorOf(x),
});

const byAddress: KeyOf = ({ address }) => networkOf(address);
const byVisitor: KeyOf = ({ visitor }) => visitor();

/** As a hash: a key is a secret, and may be of any length. */
const byHeader =
  (name: string): KeyOf =>
  ({ headers }) => {
    const value = headers[name];
    return value === undefined ? null : hash("sha256", String(value), "base64url").slice(0, 22);
  };

/** Who names no visitor and no key is counted by the address, so that leaving them out is no way around. */
const keysBy: Readonly<Record<RouteLimit["by"], (settings: LimitSettings) => KeyOf>> = {
  address: () => byAddress,
  visitor: () => (request) => byVisitor(request) ?? byAddress(request),
  key: (settings) => {
    const byKey = byHeader(settings.key?.header ?? "authorization");
    return (request) => byKey(request) ?? byAddress(request);
  },
  all: () => () => "all",
};

interface Countings {
  readonly ofAddress: readonly Counting[];
  /** by what requests say of themselves */
  readonly ofClaims: readonly Counting[];
}

const countingsOf = (settings: LimitSettings): Countings => {
  const { daily, key, visitor } = settings;
  const byKey = byHeader(key?.header ?? "authorization");
  const ofAddress: (Counting | null)[] = [
    [windowRule("address", settings.requests, settings.windowSeconds), byAddress],
    daily.address === null ? null : [dailyRule("daily-address", daily.address), byAddress],
  ];
  const ofClaims: (Counting | null)[] = [
    visitor && [windowRule("visitor", visitor.requests, visitor.windowSeconds), byVisitor],
    key && [windowRule("key", key.requests, key.windowSeconds), byKey],
    daily.visitor === null ? null : [dailyRule("daily-visitor", daily.visitor), byVisitor],
    daily.key === null ? null : [dailyRule("daily-key", daily.key), byKey],
  ];
  return { ofAddress: present(ofAddress), ofClaims: present(ofClaims) };
};

const present = (countings: readonly (Counting | null)[]): readonly Counting[] =>
  countings.filter((counting) => counting !== null);

const isForwarded = ({ headers, peer }: Counted, isTrusted: (address: string) => boolean): boolean =>
  (headers["x-forwarded-for"] !== undefined || headers["forwarded"] !== undefined) &&
  !isTrusted(plainAddress(peer));
