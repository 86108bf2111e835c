import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { isRefusal } from "../http/send-error.ts";
import { STATUS_CODES } from "../lib/node-http.ts";

/** A server's connection: what it is answering now, so that a parse error does not write into an answer. */
export type Connection = Socket & { [answering]?: ServerResponse; [refused]?: boolean };

export const answering = Symbol("answering");
const refused = Symbol("refused");

/** Why what came was refused before a handler saw it; the words that stand in the metrics. */
export type MalformedReason =
  | "syntax"
  | "head"
  | "chunks"
  | "late"
  | "tunnel"
  | "upgrade"
  | "frames"
  | "flood";

/** What was refused before anybody could follow it as a request. */
export interface Malformed {
  readonly reason: MalformedReason;
  readonly status: number;
  readonly protocol: "HTTP/1.1" | "HTTP/2.0";
  readonly socket: Socket;
  /** its head, where one could be read */
  readonly req: IncomingMessage | null;
  /** the answer of the request that it was part of, which is followed already; null where it was part of none */
  readonly res: ServerResponse | null;
}

export type TellMalformed = (malformed: Malformed) => void;

const lingerMs = 500;

/** Answers bytes that are no HTTP request, if nothing else is being written, and closes the connection. */
export const refuseMalformed = (
  error: NodeJS.ErrnoException,
  socket: Connection,
  tell: TellMalformed = () => {},
): void => {
  const running = socket[answering];
  if (error.code !== "ECONNRESET" && !socket[refused]) tell(malformedOf(error, socket, running));
  // A last answer may be followed by bytes that nobody will answer.
  const midAnswer = running?.headersSent === true && !(running.writableFinished && running.shouldKeepAlive);
  if (running?.req.complete && !running.writableFinished && socket.writable && error.code !== "ECONNRESET") {
    closeAfter(running, socket);
    return;
  }
  if (running && isRefusal(running) && socket.writable && !socket[refused]) {
    endSoftly(socket);
    return;
  }
  if (socket[refused] || midAnswer || !socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const { status, sentence } = judge(error.code ?? "");
  endSoftly(socket, rawAnswer(status, sentence));
};

/** A request whose body was still coming is spoilt by it; one that was whole is not, nor one that has been answered. */
const malformedOf = (
  { code = "" }: NodeJS.ErrnoException,
  socket: Connection,
  running: ServerResponse | undefined,
): Malformed => {
  const { reason, status } = judge(code);
  const spoilt = running && !running.req.complete && !isOver(running);
  return { reason, status, protocol: "HTTP/1.1", socket, req: null, res: spoilt ? running : null };
};

/** The request before is whole, and the next answer is its own (RFC 9112 §9.3.2): the connection ends behind that. */
const closeAfter = (running: ServerResponse, socket: Connection): void => {
  if (socket[refused]) return;
  socket[refused] = true;
  if (!running.headersSent) running.shouldKeepAlive = false;
  running.once("finish", () => endSoftly(socket));
};

/** The client may still be sending. Destroying the socket at once would reset it and lose the answer. */
const endSoftly = (socket: Connection, last = ""): void => {
  socket[refused] = true;
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.on("close", () => clearTimeout(timer));
  socket.end(last);
};

interface Verdict {
  readonly reason: MalformedReason;
  readonly status: number;
  readonly sentence: string;
}

const judge = (code: string): Verdict => {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return { reason: "head", status: 431, sentence: "the request's headers are too large" };
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return { reason: "late", status: 408, sentence: "the request took too long to arrive" };
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return { reason: "chunks", status: 413, sentence: "the body's chunk extensions are too large" };
    default:
      return { reason: "syntax", status: 400, sentence: "this is not an HTTP request that can be read" };
  }
};

/** Nothing more is written to it. */
export const isOver = (res: ServerResponse): boolean => res.writableFinished || res.destroyed;

/** What the server as a whole may be asked (RFC 9110 §10.2.1): a path may allow less. */
export const methodsAllowed = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/** An answer as bytes, for a socket on which there is no request to answer; `fields` end with CRLF. */
export const rawAnswer = (status: number, sentence: string, fields = ""): string =>
  `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
  `Date: ${new Date().toUTCString()}\r\nX-Content-Type-Options: nosniff\r\n` +
  `Content-Length: ${Buffer.byteLength(sentence) + 1}\r\n` +
  `${fields}Connection: close\r\n\r\n${sentence}\n`;
