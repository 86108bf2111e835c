import type { Hit } from "../../model/hit.ts";
import { hashedId } from "../../model/ids.ts";
import type { Origin } from "../native/event-id.ts";
import { isKeyTime } from "../native/event-time.ts";
import { type Fields, textOf } from "./fields.ts";
import type { Line } from "./lines.ts";

export interface EventKey {
  readonly id: string;
  readonly keyTime: number | null;
}

/**
 * The id of a line: made of what the client says of page and hit (`_p`, `_s`), so that a hit that is sent again is
 * known again; without these of the request, like that of every hit without an id.
 */
export const keyOf = (hit: Hit, line: Line, makeId: (hit: Hit, origin: Origin) => string): EventKey => {
  const { fields } = line;
  const page = textOf(fields, "_p");
  const count = textOf(fields, "_s");
  if (page === undefined || count === undefined) {
    return { id: makeId(hit, { text: line.text ?? "", line: line.number }), keyTime: hit.receivedAt };
  }
  const parts = ["tid", "cid", "sid"].map((name) => fields.get(name) ?? "");
  const id = hashedId(["ga4", ...parts, page, count, fields.get("en") ?? "", String(line.number)]);
  const loaded = readMs(page);
  return { id, keyTime: loaded !== null && isKeyTime(loaded, hit.receivedAt) ? loaded : null };
};

/** When the page was loaded, ms since 1970; older tags send a random number instead. */
export const loadTime = (fields: Fields): number | null => {
  const text = textOf(fields, "_p");
  return text === undefined ? null : readMs(text);
};

const readMs = (text: string): number | null => {
  const ms = /^\d{12,15}$/.test(text) ? Number(text) : 0;
  return ms >= earliest && ms <= latest ? ms : null;
};

const earliest = Date.UTC(2000, 0, 1);
const latest = Date.UTC(2100, 0, 1);
