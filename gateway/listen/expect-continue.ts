import type { IncomingMessage, ServerResponse } from "node:http";
import { HttpError } from "../http/http-error.ts";

/**
 * Tells a client that waits for it to send its body, once somebody reads that: a request that is refused by its head
 * gets the refusal alone (RFC 9110 §10.1.1).
 */
export const continueWhenRead = (req: IncomingMessage, res: ServerResponse): void => {
  req.once("resume", () => {
    if (!res.headersSent && !res.destroyed) res.writeContinue();
  });
};

/** Throws 417 for what else a client may expect (RFC 9110 §10.1.1); HTTP/1.0 has no expectations. */
export const refuseOddExpectation = ({ headers, httpVersion }: IncomingMessage): void => {
  const { expect } = headers;
  if (expect === undefined || httpVersion === "1.0" || /^100-continue$/i.test(expect)) return;
  throw new HttpError(417, "nothing can be expected here but 100-continue");
};
