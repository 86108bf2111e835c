/**
 * How upstreams were found to be outlives changes of the settings: no reload sends anybody to one that is known not to be
 * well, or says of it again what was said.
 */
export interface Standing {
  failuresInRow: number;
  /** by a clock that is never set */
  pausedUntil: number;
  isHealthy: boolean;
  /** it is being left out, and that was told */
  isOut: boolean;
}

export interface Standings {
  /** The standing of this name; a fresh one where nobody holds it. Held until `release`, by as many as take it. */
  take(name: string): Standing;
  release(name: string): void;
}

export const createStandings = (): Standings => {
  const held = new Map<string, { readonly standing: Standing; holders: number }>();
  return {
    take(name) {
      const known = held.get(name) ?? { standing: freshStanding(), holders: 0 };
      known.holders++;
      held.set(name, known);
      return known.standing;
    },
    release(name) {
      const known = held.get(name);
      if (known && --known.holders === 0) held.delete(name);
    },
  };
};

const freshStanding = (): Standing => ({ failuresInRow: 0, pausedUntil: 0, isHealthy: true, isOut: false });
