/**
 * Follows a request and its answer to their end and says how it went. Bytes are counted as they are handed to the
 * connection, of bodies alone; that costs a request of a tracked route four function calls, and any other nothing.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { hasNoBody } from "../http/respond.ts";

export interface Ending {
  /** 499 where the client left before there was an answer */
  readonly status: number;
  readonly requestBytes: number;
  readonly responseBytes: number;
  /** null where the answer went out whole */
  readonly cut: "client" | "gateway" | null;
}

/** nginx's word for it: nobody was there any more to be told a status. */
const clientLeft = 499;

/** Calls `done` once, when the answer went out or its connection is gone. */
export const watchAnswer = (
  { req, res }: { readonly req: IncomingMessage; readonly res: ServerResponse },
  done: (ending: Ending) => void,
): void => {
  const received = countPushed(req, req.readableLength);
  const sent = countWritten(res);
  let cut: "client" | "gateway" = "client";
  let finished = false;
  const destroy = res.destroy;
  res.destroy = (error) => {
    cut = "gateway";
    return destroy.call(res, error);
  };
  res.once("finish", () => {
    finished = true;
  });
  res.once("close", () => {
    const bare = req.method === "HEAD" || hasNoBody(res.statusCode);
    done({
      status: res.headersSent ? res.statusCode : clientLeft,
      requestBytes: received.bytes,
      responseBytes: bare ? 0 : sent.bytes,
      cut: finished ? null : cut,
    });
  });
};

/**
 * The same for a request that became a websocket, or was refused to: `head` is what came behind the handshake. `onAnswer`
 * is called when the answer's head goes out.
 */
export const watchSocket = (
  socket: Duplex,
  head: Buffer,
  done: (ending: Ending) => void,
  onAnswer = (): void => {},
): void => {
  const received = countPushed(socket, head.length);
  const answer = createHeadReader(onAnswer);
  const sent = countWritten(socket, answer.read);
  socket.once("close", () => {
    const status = answer.status();
    done({
      status: status ?? clientLeft,
      requestBytes: received.bytes,
      responseBytes: sent.bytes,
      cut: status === null ? "client" : null, // an open websocket ends when either side likes
    });
  });
};

interface Count {
  bytes: number;
}

/** Whatever a stream has to give comes through its `push`: a listener for data would start it before its reader is there. */
const countPushed = (
  stream: { push(chunk: unknown, encoding?: BufferEncoding): boolean },
  before: number,
): Count => {
  const count = { bytes: before };
  const push = stream.push;
  stream.push = (chunk, encoding) => {
    if (chunk instanceof Uint8Array) count.bytes += chunk.length;
    return push.call(stream, chunk, encoding);
  };
  return count;
};

interface Writable {
  write(...args: readonly never[]): unknown;
  end(...args: readonly never[]): unknown;
}
type Sized = (chunk: unknown, encoding: unknown) => number;

const countWritten = (stream: Writable, sizeOf: Sized = byteLength): Count => {
  const count = { bytes: 0 };
  const { write, end } = stream;
  let ending = false; // HTTP/2's `end` calls `write`
  const see = (args: readonly unknown[]): void => {
    if (!ending) count.bytes += sizeOf(args[0], args[1]);
  };
  stream.write = (...args) => {
    see(args);
    return Reflect.apply(write, stream, args);
  };
  stream.end = (...args) => {
    see(args);
    ending = true;
    return Reflect.apply(end, stream, args);
  };
  return count;
};

const byteLength: Sized = (chunk, encoding) => {
  if (typeof chunk === "string") {
    return Buffer.byteLength(chunk, typeof encoding === "string" ? (encoding as BufferEncoding) : "utf8");
  }
  return chunk instanceof Uint8Array ? chunk.length : 0;
};

/** Reads the status off the head of a raw answer; what comes after the head has a size. */
const createHeadReader = (onHead: () => void) => {
  let status: number | null = null;
  return {
    status: () => status,
    read(chunk: unknown, encoding: unknown): number {
      const size = byteLength(chunk, encoding);
      if (status !== null || size === 0) return size;
      const text = typeof chunk === "string" ? chunk : Buffer.from(chunk as Uint8Array).toString("latin1");
      status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? clientLeft);
      onHead();
      const end = text.indexOf("\r\n\r\n");
      return end < 0 ? 0 : Buffer.byteLength(text.slice(end + 4), "latin1");
    },
  };
};
