import type { FieldReader, PlainFields } from "./plain-fields.ts";

/** Where a request came from. */
export interface Origin {
  /** the peer's address */
  readonly peer: string | undefined;
  /** on a connection that speaks TLS */
  readonly encrypted: boolean;
}

/** A request that lay whole in the bytes that came. Its `Content-Length`, which is its body's, is not among the fields. */
export interface PlainRequest extends Origin, PlainFields {
  readonly method: string;
  /** as received: path and query */
  readonly target: string;
  readonly body: Buffer;
}

const headEnd = "\r\n\r\n";
/** Most heads are shorter: their end is found in the text that is made of them anyway, which takes a third of the time. */
const usualHeadBytes = 2048;

// The plainest form of RFC 9112: origin form.
const requestLine = /^(?:POST|GET|HEAD) \/[!-~]* HTTP\/1\.1$/;
const versionLength = " HTTP/1.1".length;

/**
 * The one request that `bytes` hold, a POST with its body, or a GET or HEAD without; null for anything else, also where
 * there is a doubt. `bytes` are kept as the body.
 */
export const readPlainRequest = (
  bytes: Buffer,
  headBytes: number,
  { peer, encrypted }: Origin,
  readFields: FieldReader,
): PlainRequest | null => {
  const method = methodOf(bytes[0]);
  const head = method === null ? null : headIn(bytes);
  if (method === null || head === null || head.length > headBytes) return null;
  const lineEnd = head.indexOf("\r\n");
  const line = head.slice(0, Math.max(0, lineEnd));
  if (!line.startsWith(method) || !requestLine.test(line)) return null;
  const start = head.length + headEnd.length;
  const text = method === "POST" ? withoutLength(head, lineEnd, bytes.length - start) : head.slice(lineEnd);
  if (text === null || (method !== "POST" && bytes.length > start)) return null;
  const fields = readFields(text);
  if (fields === null) return null;
  const target = line.slice(method.length + 1, -versionLength);
  const { headers, rawHeaders, closes } = fields;
  return { method, target, headers, rawHeaders, closes, body: bytes.subarray(start), peer, encrypted };
};

/** The head without the empty line behind it; null where its end has not come. */
const headIn = (bytes: Buffer): string | null => {
  const text = bytes.toString("latin1", 0, Math.min(bytes.length, usualHeadBytes));
  const end = text.indexOf(headEnd);
  if (end >= 0) return text.slice(0, end);
  const far = bytes.length > usualHeadBytes ? bytes.indexOf(headEnd) : -1;
  return far < 0 ? null : bytes.toString("latin1", 0, far);
};

const methodOf = (first: number | undefined): "POST" | "GET" | "HEAD" | null => {
  if (first === 0x50) return "POST"; // P
  if (first === 0x47) return "GET"; // G
  return first === 0x48 ? "HEAD" : null; // H
};

/** As browsers write it, and as programs do. */
const lengthFields = ["\r\nContent-Length: ", "\r\ncontent-length: "] as const;

/** The lines of a head behind the first, but that of the body's length; null where that is not `bytes`. */
const withoutLength = (head: string, lineEnd: number, bytes: number): string | null => {
  for (const field of lengthFields) {
    const at = head.indexOf(field, lineEnd);
    if (at < 0) continue;
    const from = at + field.length;
    const next = head.indexOf("\r\n", from);
    const to = next < 0 ? head.length : next;
    return head.slice(from, to) === String(bytes) ? head.slice(lineEnd, at) + head.slice(to) : null;
  }
  return null;
};
