import type { IncomingMessage } from "node:http";

/** The request's head announces a body (RFC 9112 §6.3). */
export const hasBody = (req: IncomingMessage): boolean => {
  const length = req.headers["content-length"];
  return (length !== undefined && length !== "0") || req.headers["transfer-encoding"] !== undefined;
};

/** Some of the request's body has not been read yet. */
export const isBodyLeft = (req: IncomingMessage): boolean =>
  hasBody(req) && !req.readableEnded && !req.destroyed;

const mostBytes = 32 * 1024 * 1024;
const mostMs = 5000;

/**
 * Reads what is left of a body and throws it away, within limits, then calls `done` once, with whether all of it came.
 * Closing a socket that has unread bytes resets it, and a reset takes the answer with it before the
 * client has read it.
 */
export const discardBody = (req: IncomingMessage, done: (complete: boolean) => void): void => {
  if (!isBodyLeft(req)) {
    done(req.complete);
    return;
  }
  let left = mostBytes;
  const finish = (): void => {
    clearTimeout(timer);
    req.off("data", count).off("end", finish).off("close", finish);
    if (!req.readableEnded) req.pause();
    done(req.readableEnded);
  };
  const count = (chunk: Buffer): void => {
    left -= chunk.length;
    if (left < 0) finish();
  };
  const timer = setTimeout(finish, mostMs);
  timer.unref();
  req.on("data", count).on("end", finish).on("close", finish);
  req.resume();
};
