/**
 * Requests that a client sends without waiting for the answers before are taken one after the other, also where they are
 * parsed at once: one may change what the next one sees (RFC 9112 §9.3.2), and behind an answer that closes the
 * connection nothing is a request any more (§9.6).
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { answering, type Connection, isOver } from "./malformed.ts";

/** Begins a request when the one before it on its connection is answered; never, where that was the last. */
export const takeTurns = (req: IncomingMessage, res: ServerResponse, begin: () => void): void => {
  const socket = req.socket as Connection;
  const before = socket[answering];
  socket[answering] = res;
  if (!before || isOver(before)) {
    if (before?.shouldKeepAlive !== false) begin();
    return;
  }
  before.once("close", () => {
    if (before.shouldKeepAlive && !socket.destroyed) begin();
    else res.shouldKeepAlive = false; // for those behind
  });
};

/** Another answer is still to be written on the connection: it cannot become a websocket now. */
export const isBusy = (req: IncomingMessage): boolean => {
  const before = (req.socket as Connection)[answering];
  return before !== undefined && !(isOver(before) && before.shouldKeepAlive);
};
