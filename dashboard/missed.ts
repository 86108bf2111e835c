/** What could not be written since the start, in one sentence; nothing where all was. What came late is there. */
import type { Overview } from "../gateway/model/admin.ts";
import { byId, setText } from "./dom.ts";
import { countOf } from "./words.ts";

export const drawMissed = (missed: Overview["missed"]): void => {
  const { exposuresLost, requestsDropped } = missed ?? { exposuresLost: 0, requestsDropped: 0 };
  const parts: string[] = [];
  if (requestsDropped > 0) {
    const events = countOf(requestsDropped, "event", "events");
    parts.push(`${events} of tracked requests dropped while the disk was behind`);
  }
  if (exposuresLost > 0) parts.push(`${countOf(exposuresLost, "exposure", "exposures")} lost`);
  byId("missed").hidden = parts.length === 0;
  setText(byId("missed"), `Since the start: ${parts.join(", ")}.`);
};
