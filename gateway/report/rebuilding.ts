import type { EventStore } from "../model/event-store.ts";

/** Results of one experiment that are being worked out again. */
export interface Rebuilding {
  /** What is shown meanwhile was worked out under another definition than that of the settings. */
  readonly isChanged: boolean;
  /** one sentence: why, how far, and what is shown meanwhile */
  readonly sentence: string;
}

/** The experiments whose results are being worked out again, by key; empty while none are. */
export const readRebuilding = async (
  store: Pick<EventStore, "report">,
): Promise<ReadonlyMap<string, Rebuilding>> =>
  new Map(
    (await store.report("rebuilding", {})).map((row) => {
      const isChanged = Boolean(row["changed"]);
      const done = percentOf(String(row["phase"]), Number(row["place"]), Number(row["up_to"]));
      return [String(row["experiment"]), { isChanged, sentence: sentenceOf(isChanged, done) }];
    }),
  );

/** All events are gone through twice; what has come since is little. */
const percentOf = (phase: string, place: number, upTo: number): number => {
  const half = upTo > 0 ? Math.floor((place / upTo) * 50) : 50;
  if (phase === "expose") return half;
  if (phase === "count") return Math.min(99, 50 + half);
  return phase === "follow" ? 99 : 0;
};

const sentenceOf = (isChanged: boolean, percent: number): string =>
  isChanged
    ? `The definition of this experiment has changed and its results are being worked out again (${percent} % done): until then the figures are those under the definition before.`
    : `The results are being worked out again (${percent} % done): until then the figures are those there were.`;
