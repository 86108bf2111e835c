/** A request that lay whole in the bytes that came. */
export interface PlainRequest {
  readonly method: string;
  /** as received: path and query */
  readonly target: string;
  /** lower-case names, none twice */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** the peer's address */
  readonly peer: string | undefined;
}

const headEnd = Buffer.from("\r\n\r\n");

// The plainest form of RFC 9112: POST, origin form, a host, fields of visible characters, nothing folded.
const wellFormed =
  /^POST (\/[!-~]*) HTTP\/1\.1(?:\r\n[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[ \t]*[!-~\x80-\xff][\t -~\x80-\xff]*)+$/;

/** Fields that change what the bytes after the head are, or what the connection is: not for the lane. */
const notPlain = new Set([
  "transfer-encoding",
  "connection",
  "expect",
  "upgrade",
  "te",
  "trailer",
  "http2-settings",
]);

/**
 * The one POST that `bytes` hold, body and all; null for anything else, also where there is a doubt. `bytes` are kept
 * as the body.
 */
export const readPlainRequest = (
  bytes: Buffer,
  headBytes: number,
  peer: string | undefined,
): PlainRequest | null => {
  if (bytes[0] !== 0x50) return null; // P
  const end = bytes.indexOf(headEnd);
  if (end < 0 || end > headBytes) return null;
  const head = bytes.toString("latin1", 0, end);
  if (!wellFormed.test(head)) return null;
  const headers = readFields(head);
  const length = headers?.["content-length"];
  if (!headers || length === undefined || !/^\d{1,9}$/.test(length) || headers["host"] === undefined)
    return null;
  const start = end + headEnd.length;
  if (Number(length) !== bytes.length - start) return null;
  return {
    method: "POST",
    target: head.slice(5, head.indexOf(" ", 5)),
    headers,
    body: bytes.subarray(start),
    peer,
  };
};

/** The fields of a well-formed head; null where one comes twice or is not plain. */
const readFields = (head: string): Record<string, string> | null => {
  const headers: Record<string, string> = Object.create(null); // a field may be called __proto__
  let start = head.indexOf("\r\n") + 2;
  while (start > 1) {
    const end = head.indexOf("\r\n", start);
    const colon = head.indexOf(":", start);
    const name = head.slice(start, colon).toLowerCase();
    if (headers[name] !== undefined || (notPlain.has(name) && !isKeepAlive(name, head, colon, end)))
      return null;
    let from = colon + 1;
    while (isBlank(head.charCodeAt(from))) from++;
    let to = end < 0 ? head.length : end;
    while (isBlank(head.charCodeAt(to - 1))) to--;
    headers[name] = head.slice(from, to);
    start = end + 2;
  }
  return headers;
};

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

const isKeepAlive = (name: string, head: string, colon: number, end: number): boolean =>
  name === "connection" &&
  head
    .slice(colon + 1, end < 0 ? undefined : end)
    .trim()
    .toLowerCase() === "keep-alive";
