/**
 * The owner's side of connection limits across processes: it turns away what it knows to be too many; workers let a
 * connection in by what they know themselves, tell of it, and cut it when all together have too many after all.
 */
import { createPlaces, type PlaceLimits } from "./connections.ts";

/** What a worker tells in one message, in order. */
export type PlaceNews =
  | { readonly kind: "entered"; readonly no: number; readonly network: string | null }
  | { readonly kind: "left"; readonly no: number };

export interface SharedPlaces<Process> {
  /** Takes a worker's news; answers the numbers of the connections that it must cut. */
  hear(from: Process, news: readonly PlaceNews[], limits: PlaceLimits): readonly number[];
  /** There is a place left, as far as the workers have told. */
  has(network: string | null, limits: PlaceLimits): boolean;
  /** The process is gone, and all its connections with it. */
  drop(process: Process): void;
  readonly taken: number;
}

export const createSharedPlaces = <Process>(): SharedPlaces<Process> => {
  const places = createPlaces();
  const held = new Map<Process, Map<number, string | null>>();

  const of = (process: Process): Map<number, string | null> => {
    const known = held.get(process) ?? new Map<number, string | null>();
    held.set(process, known);
    return known;
  };

  const giveBack = (own: Map<number, string | null>, no: number): void => {
    const network = own.get(no);
    if (network === undefined) return; // it was cut
    own.delete(no);
    places.giveBack(network);
  };

  return {
    hear(from, news, limits) {
      const own = of(from);
      const cut: number[] = [];
      for (const one of news) {
        if (one.kind === "left") giveBack(own, one.no);
        else if (places.take(one.network, limits)) own.set(one.no, one.network);
        else cut.push(one.no);
      }
      return cut;
    },
    has: places.has,
    drop(process) {
      const own = of(process);
      for (const no of [...own.keys()]) giveBack(own, no);
      held.delete(process);
    },
    get taken() {
      return places.taken;
    },
  };
};
