/** The events of a body, whatever its content type says: an object, a list, a batch or a line each. */
import { cleanText } from "../../lib/clean-text.ts";
import { maskSecrets } from "../../lib/mask-secrets.ts";
import type { Reject } from "../../model/protocol.ts";
import { parseExact } from "./exact-json.ts";

type Fields = Readonly<Record<string, unknown>>;

/** One event as it was sent. */
export interface Item {
  readonly fields: Fields;
  /** its own text; null for a member of a list, whose text is the body at `line` */
  readonly text: string | null;
  readonly line: number;
}

export interface Body {
  /** `empty` says nothing, `unreadable` is all in `rejects` */
  readonly kind: "empty" | "unreadable" | "one" | "list";
  readonly items: readonly Item[];
  /** what a batch says of all its events */
  readonly outer: Fields | null;
  /** the batch's send time as it was sent */
  readonly sent: unknown;
  readonly rejects: readonly Reject[];
}

/** Reads a body; at most `maxEvents` events, the others come back as one reject. */
export const readBody = (body: string, maxEvents: number): Body => {
  const text = body.charCodeAt(0) === 0xfeff /* byte order mark */ ? body.slice(1) : body;
  if (text === "" || text.trim() === "") return empty;
  const value = parse(text);
  if (value === undefined) return readLines(text, maxEvents);
  if (Array.isArray(value)) return readList(value, null, maxEvents);
  if (!isObject(value)) return unreadable("expected an object or a list of objects", text);
  if (Array.isArray(value["events"])) return readList(value["events"], value, maxEvents);
  return { ...empty, kind: "one", items: [{ fields: value, text, line: 0 }] };
};

const empty: Body = { kind: "empty", items: [], outer: null, sent: undefined, rejects: [] };

const unreadable = (reason: string, text: string): Body => ({
  ...empty,
  kind: "unreadable",
  rejects: [{ reason, sample: sample(text) }],
});

const readList = (list: readonly unknown[], batch: Fields | null, maxEvents: number): Body => {
  const items: Item[] = [];
  const rejects: Reject[] = [];
  for (const [line, value] of list.slice(0, maxEvents).entries()) {
    if (isObject(value)) items.push({ fields: value, text: null, line });
    else reject(rejects, "expected an object in the list", JSON.stringify(shallow(value)));
  }
  if (list.length > maxEvents) {
    rejects.push(overLimit(list.length - maxEvents, maxEvents));
  }
  if (batch === null) return { ...empty, kind: "list", items, rejects };
  const { sent, site: _site, events: _events, dropped, ...outer } = batch;
  // Said once: a sum over the rows must not count it as often as there are events.
  const [first] = items;
  if (first && typeof dropped === "number" && dropped > 0)
    items[0] = { ...first, fields: { dropped, ...first.fields } };
  return { kind: "list", items, outer, sent, rejects };
};

/** Newline-delimited JSON. A text without one line that is an object is not that, but broken JSON. */
const readLines = (text: string, maxEvents: number): Body => {
  const items: Item[] = [];
  const rejects: Reject[] = [];
  let read = 0;
  for (const { line, own } of linesOf(text)) {
    if (read++ === maxEvents) {
      rejects.push(overLimit(null, maxEvents));
      break;
    }
    const value = parse(own);
    if (isObject(value)) items.push({ fields: value, text: own, line });
    else
      reject(rejects, value === undefined ? "the line is not JSON" : "expected an object in the line", own);
  }
  if (items.length === 0) return unreadable("the body is not JSON", text);
  return { ...empty, kind: "list", items, rejects };
};

/** The lines that hold something, each with its place among all. */
function* linesOf(text: string): Generator<{ readonly line: number; readonly own: string }> {
  for (let line = 0, from = 0; from < text.length; line++) {
    const end = text.indexOf("\n", from);
    const own = text.slice(from, end < 0 ? text.length : end).trim();
    if (own !== "") yield { line, own };
    from = end < 0 ? text.length : end + 1;
  }
}

const parse = (text: string): unknown => {
  try {
    return parseExact(text);
  } catch {
    return undefined; // not a JSON value, so it stands for "not JSON"
  }
};

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const maxRejects = 20;

const reject = (rejects: Reject[], reason: string, text: string): void => {
  if (rejects.length < maxRejects) rejects.push({ reason, sample: sample(text) });
  else if (rejects.length === maxRejects) rejects.push({ reason: "there were more like these", sample: "" });
};

const overLimit = (count: number | null, maxEvents: number): Reject => ({
  reason: `over ${maxEvents} events in one request: ${count ?? "all"} after them left out`,
  sample: "",
});

const shallow = (value: unknown): unknown => (Array.isArray(value) ? "[…]" : value);

/** What can be shown of an unreadable text. It is kept, so addresses and secrets in it are made unreadable. */
const sample = (text: string): string => cleanText(maskSecrets(text), 500).replace(addressLike, "…@…");

const addressLike = /[^\s"'<>:=&@]{1,64}@[^\s"'<>&@]{1,255}/g;
