/**
 * How many connections are open, in all and from one address. A place is taken before a byte is read, and given back
 * when the socket closes, whatever became of it: a socket closes once, upgraded, reset or half open.
 */
import type { Socket } from "node:net";
import { networkOf, parseCidrs, plainAddress } from "../lib/ip.ts";
import type { OpenFiles } from "./open-files.ts";
import type { LimitSettings } from "./settings.ts";

/** `closed`: there is no room even to say why. */
export type Verdict = "open" | "full" | "banned" | "closed";

export interface Connections {
  /** Takes a place for the connection, or says why there is none. */
  enter(socket: Socket): Verdict;
  readonly open: number;
  /** Settings changed; connections that are open stay. */
  follow(settings: LimitSettings, isTrusted: (address: string) => boolean): void;
  /** Another process counts more than may be: this connection ends. */
  cut(no: number): void;
}

/** Told of places, where several processes share the limits; see `shared-places.ts`. */
export interface PlacesElsewhere {
  entered(no: number, network: string | null): void;
  left(no: number): void;
}

export interface ConnectionsOptions {
  readonly files?: Pick<OpenFiles, "roomFor"> | undefined;
  readonly onRefused?: (reason: string) => void;
  readonly elsewhere?: PlacesElsewhere | undefined;
}

export const createConnections = (
  initial: LimitSettings,
  isTrusted: (address: string) => boolean,
  { files, onRefused, elsewhere }: ConnectionsOptions = {},
): Connections => {
  const places = createPlaces();
  const sockets = new Map<number, Socket>();
  let rules = rulesOf(initial, isTrusted);
  let last = 0;

  const refuse = (verdict: Verdict, limit: string): Verdict => {
    onRefused?.(limit);
    return verdict;
  };

  return {
    enter(socket) {
      const address = plainAddress(socket.remoteAddress);
      if (rules.closesOn(address)) return refuse("banned", "banned");
      const room = files?.roomFor(socket) ?? "enough";
      if (room !== "enough") return refuse(room === "little" ? "full" : "closed", "files");
      const network = rules.countedAs(address);
      if (!places.take(network, rules)) return refuse("full", "connections");
      const no = ++last;
      if (elsewhere) sockets.set(no, socket);
      elsewhere?.entered(no, network);
      socket.once("close", () => {
        places.giveBack(network);
        sockets.delete(no);
        elsewhere?.left(no);
      });
      return "open";
    },
    get open() {
      return places.taken;
    },
    follow(settings, trusts) {
      rules = rulesOf(settings, trusts);
    },
    cut(no) {
      if (!sockets.has(no)) return;
      refuse("full", "connections");
      sockets.get(no)?.destroy();
    },
  };
};

export interface PlaceLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
}

export interface Places {
  /** There is one left; `network` is null where only the sum counts. */
  has(network: string | null, limits: PlaceLimits): boolean;
  /** False where there is none left. */
  take(network: string | null, limits: PlaceLimits): boolean;
  giveBack(network: string | null): void;
  readonly taken: number;
}

/** Places by network; holds no more networks than places are taken. */
export const createPlaces = (): Places => {
  const byNetwork = new Map<string, number>();
  let taken = 0;
  const ownOf = (network: string | null): number => (network === null ? 0 : (byNetwork.get(network) ?? 0));
  const has = (network: string | null, { connections, connectionsPerAddress }: PlaceLimits): boolean =>
    taken < connections && ownOf(network) < connectionsPerAddress;
  return {
    has,
    take(network, limits) {
      if (!has(network, limits)) return false;
      taken++;
      if (network !== null) byNetwork.set(network, ownOf(network) + 1);
      return true;
    },
    giveBack(network) {
      taken--;
      if (network === null) return;
      const own = (byNetwork.get(network) ?? 1) - 1;
      if (own === 0) byNetwork.delete(network);
      else byNetwork.set(network, own);
    },
    get taken() {
      return taken;
    },
  };
};

/** A proxy's connections are those of all its clients: they count in the sum alone, and its own address is not banned here. */
export const rulesOf = (settings: LimitSettings, isTrusted: (address: string) => boolean) => {
  const isFree = parseCidrs([...settings.exempt, ...settings.allow]);
  const isAllowed = parseCidrs(settings.allow);
  const isBanned = parseCidrs(settings.banned === "close" ? settings.ban : []);
  return {
    connections: settings.connections,
    connectionsPerAddress: settings.connectionsPerAddress,
    closesOn: (address: string): boolean => isBanned(address) && !isAllowed(address) && !isTrusted(address),
    countedAs: (address: string): string | null =>
      isFree(address) || isTrusted(address) ? null : networkOf(address),
  };
};
