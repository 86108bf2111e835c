/** Reads what a gateway wrote to a back end as strictly as RFC 9112 can be read: a byte that has no place is an error. */

export interface WireRequest {
  readonly method: string;
  readonly target: string;
  /** latin1 */
  readonly body: string;
}

/** The whole requests of one connection; what is not whole at its end was given up. */
export const readWire = (text: string): WireRequest[] => {
  const requests: WireRequest[] = [];
  for (let at = 0; at < text.length; ) {
    const read = readRequest(text, at);
    if (read === null) break;
    requests.push(read.request);
    at = read.end;
  }
  return requests;
};

const field = /^[!#$%&'*+\-.^_`|~0-9a-z]+: [\t\x20-\x7e\x80-\xff]*$/;

const readRequest = (text: string, at: number): { request: WireRequest; end: number } | null => {
  const end = text.indexOf("\r\n\r\n", at);
  if (end < 0) return null;
  const [line = "", ...fields] = text.slice(at, end).split("\r\n");
  const [, method, target] = /^([A-Z-]+) ([!-~]+) HTTP\/1\.1$/.exec(line) ?? [];
  if (method === undefined || target === undefined) throw odd("request line", line);
  for (const one of fields) if (!field.test(one)) throw odd("field", one);
  const values = (name: string) =>
    fields.filter((one) => one.startsWith(`${name}: `)).map((one) => one.slice(name.length + 2));
  const [hosts, lengths, codings] = [values("host"), values("content-length"), values("transfer-encoding")];
  if (hosts.length !== 1) throw odd("number of hosts", line);
  if (lengths.length + codings.length > 1) throw odd("framing", fields.join("\n"));
  const start = end + 4;
  if (codings.length === 1) {
    if (codings[0] !== "chunked") throw odd("coding", codings[0]);
    const read = readChunks(text, start);
    return read && { request: { method, target, body: read.body }, end: read.end };
  }
  if (lengths.length === 1 && !/^\d+$/.test(lengths[0] ?? "")) throw odd("length", lengths[0]);
  const stop = start + Number(lengths[0] ?? 0);
  if (stop > text.length) return null;
  return { request: { method, target, body: text.slice(start, stop) }, end: stop };
};

const readChunks = (text: string, start: number): { body: string; end: number } | null => {
  let body = "";
  for (let at = start; ; ) {
    const end = text.indexOf("\r\n", at);
    if (end < 0) return null;
    const size = text.slice(at, end);
    if (!/^[0-9a-f]+$/.test(size)) throw odd("chunk size", size);
    const length = Number.parseInt(size, 16);
    if (length === 0) return readTrailers(text, end + 2, body);
    const stop = end + 2 + length;
    if (stop + 2 > text.length) return null;
    if (text.slice(stop, stop + 2) !== "\r\n") throw odd("end of a chunk", text.slice(stop, stop + 2));
    body += text.slice(end + 2, stop);
    at = stop + 2;
  }
};

const readTrailers = (text: string, start: number, body: string): { body: string; end: number } | null => {
  for (let at = start; ; ) {
    const end = text.indexOf("\r\n", at);
    if (end < 0) return null;
    if (end === at) return { body, end: end + 2 };
    if (!field.test(text.slice(at, end))) throw odd("trailer", text.slice(at, end));
    at = end + 2;
  }
};

const odd = (what: string, text = ""): Error =>
  new Error(`the gateway wrote an odd ${what}: ${JSON.stringify(text)}`);
