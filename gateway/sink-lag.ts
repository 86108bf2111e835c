import type { Reader } from "./store/reader.ts";
import type { SinkPlace } from "./store/sink-table.ts";

export interface SinkLag {
  /** stored events that the sink is behind, those that it will leave out among them */
  readonly lagEvents: number;
  /** how long the oldest of these has waited; 0 where there is none */
  readonly lagSeconds: number;
}

/** How far a place is behind what is stored. */
export const lagOf = (
  reader: Pick<Reader, "lastSeq" | "report">,
  { seq, receivedAt }: Pick<SinkPlace, "seq" | "receivedAt">,
  now: number,
): SinkLag => {
  const lagEvents = Math.max(0, reader.lastSeq() - seq);
  if (lagEvents === 0) return { lagEvents, lagSeconds: 0 };
  const since = reader.report("waiting-since", { seq, at: receivedAt })[0]?.["since"];
  return { lagEvents, lagSeconds: typeof since === "number" ? Math.max(0, now - since) / 1000 : 0 };
};
