/** Where a request came from. */
export interface Origin {
  /** the peer's address */
  readonly peer: string | undefined;
  /** on a connection that speaks TLS */
  readonly encrypted: boolean;
}

/** A request that lay whole in the bytes that came. */
export interface PlainRequest extends Origin {
  readonly method: string;
  /** as received: path and query */
  readonly target: string;
  /** lower-case names, none twice */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** as received: name, value, name, value */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** The client asks for nothing more on its connection. */
  readonly closes: boolean;
}

const headEnd = Buffer.from("\r\n\r\n");

// The plainest form of RFC 9112: origin form, a host, fields of visible characters, nothing folded.
const wellFormed =
  /^(?:POST|GET|HEAD) (\/[!-~]*) HTTP\/1\.1(?:\r\n[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[ \t]*[!-~\x80-\xff][\t -~\x80-\xff]*)+$/;

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
 * The one request that `bytes` hold, a POST with its body, or a GET or HEAD without; null for anything else, also where
 * there is a doubt. `bytes` are kept as the body.
 */
export const readPlainRequest = (
  bytes: Buffer,
  headBytes: number,
  { peer, encrypted }: Origin,
): PlainRequest | null => {
  const method = methodOf(bytes[0]);
  const end = method === null ? -1 : bytes.indexOf(headEnd);
  if (method === null || end < 0 || end > headBytes) return null;
  const head = bytes.toString("latin1", 0, end);
  if (!head.startsWith(method) || !wellFormed.test(head)) return null;
  const rawHeaders: string[] = [];
  const headers = readFields(head, rawHeaders);
  if (!headers || headers["host"] === undefined) return null;
  const start = end + headEnd.length;
  if (!isWhole(method, headers["content-length"], bytes.length - start)) return null;
  const from = method.length + 1;
  const target = head.slice(from, head.indexOf(" ", from));
  const closes = headers["connection"]?.toLowerCase() === "close";
  return { method, target, headers, rawHeaders, body: bytes.subarray(start), closes, peer, encrypted };
};

const methodOf = (first: number | undefined): "POST" | "GET" | "HEAD" | null => {
  if (first === 0x50) return "POST"; // P
  if (first === 0x47) return "GET"; // G
  return first === 0x48 ? "HEAD" : null; // H
};

/** Nothing is missing, and nothing comes behind. */
const isWhole = (method: string, length: string | undefined, bytes: number): boolean => {
  if (method !== "POST") return length === undefined && bytes === 0;
  return length !== undefined && /^\d{1,9}$/.test(length) && Number(length) === bytes;
};

/** The fields of a well-formed head, in `raw` as they were written; null where one comes twice or is not plain. */
const readFields = (head: string, raw: string[]): Record<string, string> | null => {
  const headers: Record<string, string> = Object.create(null); // a field may be called __proto__
  let start = head.indexOf("\r\n") + 2;
  while (start > 1) {
    const end = head.indexOf("\r\n", start);
    const colon = head.indexOf(":", start);
    const written = head.slice(start, colon);
    const name = written.toLowerCase();
    if (headers[name] !== undefined || (notPlain.has(name) && !isKnown(name, head, colon, end))) return null;
    let from = colon + 1;
    while (isBlank(head.charCodeAt(from))) from++;
    let to = end < 0 ? head.length : end;
    while (isBlank(head.charCodeAt(to - 1))) to--;
    const value = head.slice(from, to);
    headers[name] = value;
    raw.push(written, value);
    start = end + 2;
  }
  return headers;
};

const isBlank = (code: number): boolean => code === 0x20 || code === 0x09;

/** What `Connection` says is that it stays open, or that it does not. */
const isKnown = (name: string, head: string, colon: number, end: number): boolean => {
  if (name !== "connection") return false;
  const said = head
    .slice(colon + 1, end < 0 ? undefined : end)
    .trim()
    .toLowerCase();
  return said === "keep-alive" || said === "close";
};
