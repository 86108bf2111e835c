import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * Tells a client that waits for it to send its body, once somebody reads that: a request that is refused by its head
 * gets the refusal alone (RFC 9110 §10.1.1).
 */
export const continueWhenRead = (req: IncomingMessage, res: ServerResponse): void => {
  req.once("resume", () => {
    if (!res.headersSent && !res.destroyed) res.writeContinue();
  });
};
