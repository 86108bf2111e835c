import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { isRefusal } from "../http/send-error.ts";
import { STATUS_CODES } from "../lib/node-http.ts";

/** A server's connection: what it is answering now, so that a parse error does not write into an answer. */
export type Connection = Socket & { [answering]?: ServerResponse; [refused]?: boolean };

export const answering = Symbol("answering");
const refused = Symbol("refused");

const lingerMs = 500;

/** Answers bytes that are no HTTP request, if nothing else is being written, and closes the connection. */
export const refuseMalformed = (error: NodeJS.ErrnoException, socket: Connection): void => {
  const running = socket[answering];
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
  const [status, sentence] = judge(error.code ?? "");
  endSoftly(socket, rawAnswer(status, sentence));
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

const judge = (code: string): readonly [status: number, sentence: string] => {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return [431, "the request's headers are too large"];
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return [408, "the request took too long to arrive"];
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return [413, "the body's chunk extensions are too large"];
    default:
      return [400, "this is not an HTTP request that can be read"];
  }
};

/** What the server as a whole may be asked (RFC 9110 §10.2.1): a path may allow less. */
export const methodsAllowed = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/** An answer as bytes, for a socket on which there is no request to answer; `fields` end with CRLF. */
export const rawAnswer = (status: number, sentence: string, fields = ""): string =>
  `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
  `Date: ${new Date().toUTCString()}\r\nX-Content-Type-Options: nosniff\r\n` +
  `Content-Length: ${Buffer.byteLength(sentence) + 1}\r\n` +
  `${fields}Connection: close\r\n\r\n${sentence}\n`;
