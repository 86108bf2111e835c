/**
 * The native protocol: JSON bodies, query strings and tuples in the path, as the original tracker's clients and
 * our own script send them. One rule reads them all: the body wins over the query, the query over the path,
 * the path over the cookies; every field is read on its own, and what is no field of ours is a property.
 */
import { headerText } from "../../lib/header-text.ts";
import type { Keyed } from "../../model/event.ts";
import type { Hit } from "../../model/hit.ts";
import type { Decoded, Protocol } from "../../model/protocol.ts";
import { type Body, type Item, readBody } from "./body.ts";
import { buildEvent, type Context } from "./build-event.ts";
import { parseContainer, readTime } from "./coerce.ts";
import { nativeEndpoints } from "./endpoints.ts";
import { createIdMaker } from "./event-id.ts";
import type { Source } from "./gather.ts";
import { asAgreement, asMessage } from "./messages.ts";
import { type Notes, note } from "./notes.ts";
import { decodePayments } from "./payments.ts";
import { sharedFields } from "./shared-fields.ts";
import { readQuery, readTuples } from "./text-fields.ts";

export interface NativeOptions {
  /** secret of the keyed contact hashes */
  readonly contactKey: Buffer;
  /** most events in one hit */
  readonly batchEvents: number;
  /** where it takes hits; ends with a slash */
  readonly collectPath?: string;
  /** paths of the older layout that are taken as well */
  readonly legacyPaths?: readonly string[];
}

/** A decoder. It remembers the hits of the last moments, to tell identical ones apart: one per process. */
export const createNative = (options: NativeOptions): Protocol => {
  const { contactKey, batchEvents, collectPath = "/tr/v1/", legacyPaths = [] } = options;
  const context: Context = { contactKey, makeId: createIdMaker() };
  const endpoints = nativeEndpoints(collectPath, legacyPaths);
  const roles = new Map(endpoints.map(({ path, role }) => [path, role]));
  return {
    id: "native",
    endpoints,
    decode(hit) {
      if (!recorded.has(hit.method)) return nothing;
      const base = hit.base ?? collectPath;
      const role = roles.get(base);
      if (role === "agreement" && !isAgreement(hit, base)) return nothing;
      const notes: Notes = [];
      const outer = outerSources(hit, role === "agreement" ? `${base}agree/` : base, notes);
      const body = readBody(hit.method === "GET" ? "" : hit.body, batchEvents);
      if (role === "payment")
        return decodePayments({ hit, body, outer: outer.sources, notes, batchEvents }, context);
      // What somebody agreed to is one object, or nothing that could be shown to anybody later.
      if (role === "agreement" && body.kind !== "one") return { events: [], rejects: body.rejects };
      const decoded = decode(hit, body, outer, notes, context);
      if (role === "server") return { ...decoded, events: decoded.events.map(asMessage) };
      return role === "agreement" ? { ...decoded, events: decoded.events.map(asAgreement) } : decoded;
    },
  };
};

const recorded: ReadonlySet<string> = new Set(["GET", "POST", "PUT"]);
const nothing: Decoded = { events: [], rejects: [] };
const noFields = {};

/** The other actions of these endpoints, and a GET, are questions. */
const isAgreement = ({ method, path }: Hit, base: string): boolean =>
  method === "POST" && /^agree\/*$/.test(path.slice(base.length));

const decode = (hit: Hit, body: Body, outer: Outer, notes: Notes, context: Context): Decoded => {
  if (body.kind === "list")
    return { events: readItems(hit, body, outer, notes, context), rejects: body.rejects };
  const said = body.items[0];
  // Of an unreadable body nothing is known; the event is what path and query say, if they say something.
  if (body.kind === "unreadable" && !outer.spoken) return { events: [], rejects: body.rejects };
  const origin: Item = said ?? { fields: noFields, text: hit.body, line: 0 };
  const sources = said ? [...outer.sources, sourceOf(said.fields)] : outer.sources;
  const keyed = buildEvent(hit, sources, origin, undefined, notes, context);
  return { events: [keyed], rejects: body.rejects };
};

/** The events of a list. What path, query and batch say holds for each of them. */
const readItems = (hit: Hit, body: Body, outer: Outer, notes: Notes, context: Context): Keyed[] => {
  const said = body.outer ? [...outer.sources, sourceOf(body.outer)] : outer.sources;
  const shared = sharedFields(said, notes);
  if (body.sent !== undefined && readTime(body.sent) === undefined) {
    note(notes, "sent", "expected milliseconds since 1970");
  }
  return body.items.map((item) => {
    return buildEvent(hit, [shared, sourceOf(item.fields)], item, body.sent, [...notes], context);
  });
};

interface Outer {
  readonly sources: readonly Source[];
  /** path or query carry fields */
  readonly spoken: boolean;
}

const outerSources = (hit: Hit, base: string, notes: Notes): Outer => {
  const sources: Source[] = [];
  if (hit.trusted) pushFields(sources, userHeader(hit, notes), false);
  pushFields(sources, cookieFields(hit), false);
  const unspoken = sources.length;
  pushFields(sources, readTuples(hit.path, base, notes), true);
  pushFields(sources, readQuery(hit.query, notes), true);
  return { sources, spoken: sources.length > unspoken };
};

const pushFields = (sources: Source[], fields: Source["fields"] | null, repeats: boolean): void => {
  if (fields !== null) sources.push({ fields, repeats });
};

const sourceOf = (fields: Source["fields"]): Source => ({ fields, repeats: false });

/** Cookies of the original tracker that hold fields; who the visitor is has been decided from the others. */
const cookieFields = ({ cookies, sessionId }: Hit): Source["fields"] | null => {
  const { ehash, sess, CookieConsent: consent } = cookies;
  // Other consent tools use the same name, for texts.
  const cflags = consent !== undefined && /^\d{1,15}$/.test(consent) ? consent : undefined;
  if (ehash === undefined && cflags === undefined && sess === undefined) return null;
  return { ehash, cflags, sess: sessionId === null ? sess : undefined };
};

/** The `User` header: fields in JSON, which only the site's own server may send. */
const userHeader = (hit: Hit, notes: Notes): Source["fields"] | null => {
  const text = hit.headers["user"];
  if (text === undefined) return null;
  const fields = parseContainer(headerText(text).trim());
  if (fields !== undefined && !Array.isArray(fields)) return fields as Source["fields"]; // an object of JSON
  note(notes, "user", "the header is no JSON object");
  return null;
};
