/** One line of a recording: a request as JSON, and what of it can be read. */
import { parseMoment } from "../lib/moment.ts";

/** A request that was recorded. */
export interface RecordedRequest {
  /** ms since 1970, when it was received */
  readonly at: number;
  readonly method: string;
  /** path and query, as in the request line */
  readonly url: string;
  /** lower-case names */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** the address of the socket; null where it was not recorded */
  readonly remoteAddress: string | null;
  /** which process took it, where several did */
  readonly takenBy?: number;
  /** what its secrets proved, which are not recorded */
  readonly proof?: Proof;
}

export interface Proof {
  /** name of a write key of the settings: `SITE/1` is the first of that site */
  readonly writeKey?: string;
  /** the user whom a login token named */
  readonly user?: string;
  /** where else a write key stood, in the order in which they were taken out */
  readonly inUrl?: readonly KeyPlace[];
  readonly inBody?: readonly KeyPlace[];
}

export interface KeyPlace {
  /** how many characters of the text stood before it */
  readonly at: number;
  /** name of the write key */
  readonly key: string;
}

/** The request, or one sentence that says what is wrong with the line. */
export type ReadLine = { readonly kind: "request"; readonly request: RecordedRequest } | Unreadable;

interface Unreadable {
  readonly kind: "unreadable";
  readonly reason: string;
}

const unreadable = (reason: string): Unreadable => ({ kind: "unreadable", reason });

/** Reads `{"at", "method", "url", "headers", "body" | "body_base64", "remote_address", "taken_by", "proof"}`. */
export const readRecordedRequest = (line: string): ReadLine => {
  const fields = parseObject(line);
  if (fields === null) return unreadable("expected a JSON object");
  const at = readMoment(fields["at"]);
  if (at === null)
    return unreadable(
      '"at": expected milliseconds since 1970 or a time in ISO 8601, in UTC where it names no zone',
    );
  const { method = "GET", url } = fields;
  if (typeof method !== "string" || !token.test(method)) return unreadable('"method": expected a text');
  if (typeof url !== "string" || !target.test(url))
    return unreadable('"url": expected a path that starts with /, percent-encoded');
  const headers = readHeaders(fields["headers"] ?? {});
  if (headers === null) return unreadable('"headers": expected an object of texts');
  const body = readBody(fields["body"], fields["body_base64"]);
  if (body === null) return unreadable('"body", "body_base64": expected a text, or base64');
  const address = fields["remote_address"] ?? null;
  if (address !== null && typeof address !== "string") return unreadable('"remote_address": expected a text');
  const takenBy = fields["taken_by"];
  if (takenBy !== undefined && typeof takenBy !== "number")
    return unreadable('"taken_by": expected a number');
  const proof = readProof(fields["proof"]);
  if (proof === null) return unreadable('"proof": expected an object of texts');
  const request = {
    ...{ at, method, url, headers, body, remoteAddress: address },
    ...(takenBy !== undefined && { takenBy }),
    ...(proof !== undefined && { proof }),
  };
  return { kind: "request", request };
};

/** The line of a recording for a request; a body that is no UTF-8 goes as base64. */
export const writeRecordedRequest = (request: RecordedRequest): string => {
  const { at, method, url, headers, body, remoteAddress, takenBy, proof } = request;
  const text = body.toString("utf8");
  const bodyFields =
    body.length === 0 ? {} : text.includes("�") ? { body_base64: body.toString("base64") } : { body: text };
  return `${JSON.stringify({
    at: new Date(at).toISOString(),
    method,
    url,
    headers,
    ...bodyFields,
    ...(remoteAddress === null ? {} : { remote_address: remoteAddress }),
    ...(takenBy === undefined ? {} : { taken_by: takenBy }),
    ...(proof === undefined ? {} : { proof: proofFields(proof) }),
  })}\n`;
};

const proofFields = ({ writeKey, user, inUrl, inBody }: Proof) => ({
  write_key: writeKey,
  user,
  in_url: inUrl,
  in_body: inBody,
});

/** What HTTP allows as a method (RFC 9110 §5.6.2) and in a request line: nothing that would split it. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/;
const target = /^\/[^\s\0]*$/;

const parseObject = (line: string): Readonly<Record<string, unknown>> | null => {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : null;
  } catch {
    return null; // the caller says what was expected
  }
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Days are told by years of four digits. */
const firstMs = Date.parse("0000-01-01T00:00:00Z");
const lastMs = Date.parse("9999-12-31T23:59:59.999Z");

const readMoment = (value: unknown): number | null => {
  const at = typeof value === "string" ? parseMoment(value) : value;
  return typeof at === "number" && at >= firstMs && at <= lastMs ? Math.trunc(at) : null;
};

const readHeaders = (value: unknown): Record<string, string> | null => {
  if (!isObject(value)) return null;
  const headers: Record<string, string> = {};
  for (const [name, given] of Object.entries(value)) {
    const lower = name.toLowerCase();
    // The one list that is not parted by commas (RFC 6265 §5.4).
    const text = Array.isArray(given) ? given.join(lower === "cookie" ? "; " : ", ") : given;
    if (typeof text !== "string" && typeof text !== "number") return null;
    headers[lower] = String(text);
  }
  return headers;
};

/** Undefined where there is none, null where it is no proof. */
const readProof = (value: unknown): Proof | null | undefined => {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) return null;
  const { write_key: writeKey, user, in_url: inUrl, in_body: inBody } = value;
  if (!isText(writeKey) || !isText(user) || !arePlaces(inUrl) || !arePlaces(inBody)) return null;
  return {
    ...(writeKey !== undefined && { writeKey }),
    ...(user !== undefined && { user }),
    ...(inUrl !== undefined && { inUrl }),
    ...(inBody !== undefined && { inBody }),
  };
};

const isText = (one: unknown): one is string | undefined => one === undefined || typeof one === "string";

const arePlaces = (value: unknown): value is readonly KeyPlace[] | undefined =>
  value === undefined ||
  (Array.isArray(value) &&
    value.every((one) => isObject(one) && Number.isSafeInteger(one["at"]) && typeof one["key"] === "string"));

const readBody = (text: unknown, base64: unknown): Buffer | null => {
  if (typeof base64 === "string") return isBase64.test(base64) ? Buffer.from(base64, "base64") : null;
  if (base64 !== undefined && base64 !== null) return null;
  if (text === undefined || text === null) return Buffer.alloc(0);
  return typeof text === "string" ? Buffer.from(text, "utf8") : null;
};

/** Of both alphabets (RFC 4648 §4, §5); what is neither would be passed over in silence. */
const isBase64 = /^[A-Za-z0-9+/_\s-]*={0,2}\s*$/;
