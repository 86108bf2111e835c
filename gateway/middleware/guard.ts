import type { Duplex } from "node:stream";
import type { Exchange, Upgrade } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { discardBody, isBodyLeft } from "../http/request-body.ts";
import { hasNoBody } from "../http/respond.ts";
import { STATUS_CODES } from "../lib/node-http.ts";

/** An answer given in the place of the route's. */
export interface Reply {
  readonly status: number;
  /** name, value, name, value; names in lower case; without those that speak of the connection or the body's length */
  readonly pairs: readonly string[];
  readonly body: Buffer;
}

/**
 * Looks at a request before it is answered: null lets it go on, a reply is its answer. A refusal is thrown. What a request
 * of HTTP and one for a websocket must pass is the same.
 */
export type Guard = (x: Upgrade) => Reply | null | Promise<Reply | null>;

/** Asks the guards in turn until one answers; without a promise where none of them needs time. */
export const askGuards = (
  guards: readonly Guard[],
  x: Upgrade,
  from = 0,
): Reply | null | Promise<Reply | null> => {
  for (let i = from; i < guards.length; i++) {
    const verdict = guards[i]?.(x) ?? null;
    if (verdict instanceof Promise) return verdict.then((reply) => reply ?? askGuards(guards, x, i + 1));
    if (verdict !== null) return verdict;
  }
  return null;
};

/** Sends a reply. A body of the request that nobody read is read away first, so that the client gets to see it. */
export const sendReply = ({ req, res }: Exchange, { status, pairs, body }: Reply): void => {
  if (res.destroyed) return;
  const headers = [...pairs];
  if (!hasNoBody(status)) headers.push("content-length", String(body.length));
  const bodyLeft = isBodyLeft(req);
  if (bodyLeft) headers.push("connection", "close");
  res.writeHead(status, headers);
  const bytes = req.method === "HEAD" || hasNoBody(status) ? undefined : body;
  if (!bodyLeft) {
    res.end(bytes);
    return;
  }
  if (bytes) res.write(bytes);
  else res.flushHeaders();
  discardBody(req, () => res.end());
};

/** Writes a reply to a client that asked for a websocket, and closes its connection. */
export const writeReply = (socket: Duplex, { status, pairs, body }: Reply): void => {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n`;
  for (let i = 0; i < pairs.length; i += 2) head += `${pairs[i]}: ${pairs[i + 1]}\r\n`;
  const bytes = hasNoBody(status) ? Buffer.alloc(0) : body;
  if (!hasNoBody(status)) head += `content-length: ${bytes.length}\r\n`;
  socket.end(Buffer.concat([Buffer.from(`${head}connection: close\r\n\r\n`, "latin1"), bytes]));
};

/** A refusal as a reply, for where nobody else turns it into an answer. */
export const replyOf = (error: unknown): Reply => {
  const { status, message, headers } =
    error instanceof HttpError ? error : new HttpError(500, "internal error");
  const own = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store", ...headers };
  return { status, pairs: Object.entries(own).flat(), body: Buffer.from(`${message}\n`) };
};
