/** The body of a Measurement Protocol request, read as far as it is what it should be. */
import { parseExact } from "../../native/exact-json.ts";
import { type Notes, note } from "../../native/notes.ts";
import { readFields } from "../fields.ts";

export type JsonFields = Readonly<Record<string, unknown>>;

/** Where the events of a request belong: a web stream, or an app's. */
export interface Stream {
  readonly kind: "web" | "app";
  readonly id: string;
}

export const isObject = (value: unknown): value is JsonFields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Undefined for what is no JSON object. */
export const parseBody = (text: string): JsonFields | undefined => {
  try {
    const value = parseExact(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined; // the caller says what was expected
  }
};

export const streamOf = (query: string): Stream | null => {
  const fields = readFields(query);
  const web = fields.get("measurement_id");
  if (web) return { kind: "web", id: web };
  const app = fields.get("firebase_app_id");
  return app ? { kind: "app", id: app } : null;
};

/** The visitor: a browser, or an app's installation. */
export const clientIdOf = (body: JsonFields, { kind }: Stream): string | null => {
  const names = kind === "web" ? ["client_id", "app_instance_id"] : ["app_instance_id", "client_id"];
  for (const name of names) {
    const id = body[name];
    if (typeof id === "string" && id.trim() !== "") return id;
    if (typeof id === "number" && Number.isFinite(id)) return String(id);
  }
  return null;
};

/** Microseconds since 1970, as a number or its text; undefined where it is absent or no moment. */
export const microsOf = (value: unknown): number | undefined => {
  const micros = typeof value === "string" && /^\d{1,18}$/.test(value) ? Number(value) : value;
  return typeof micros === "number" && micros >= 0 && micros <= lastMicros ? micros : undefined;
};

const lastMicros = Date.UTC(9999, 11, 31) * 1000;

/** The moment that somebody means. Less are milliseconds or seconds of our days, not events of January 1970. */
export const momentOf = ({ timestamp_micros: said }: JsonFields): number | undefined => {
  const micros = microsOf(said);
  return micros !== undefined && micros >= 1e14 ? micros : undefined;
};

/** The object under a name; none where it is absent, and named where it is something else. */
export const objectIn = (fields: JsonFields, name: string, notes: Notes): JsonFields => {
  const value = fields[name];
  if (isObject(value)) return value;
  if (value !== undefined && value !== null) note(notes, name, "expected an object");
  return {};
};
