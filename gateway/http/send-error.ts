import type { ServerResponse } from "node:http";
import { errorPageFor } from "./error-pages.ts";
import type { Exchange } from "./exchange.ts";
import type { HttpError } from "./http-error.ts";
import { discardBody, isBodyLeft } from "./request-body.ts";
import { requestId } from "./request-id.ts";

/** A request that is refused; without `id` before there is an exchange of it. */
export type Refused = Pick<Exchange, "req" | "res"> & { id?: string | undefined };

/**
 * Answers a refusal: its sentence as plain text, or the page that is shown for its status; where the fault is not the
 * client's, with the request's id, under which the log speaks of it. If an answer has begun, the connection is cut
 * instead. A body that was not read is read away first, so that the client gets to see the answer; over HTTP/2 its stream
 * sees to that, and the answer is whole at once.
 */
export const sendError = (x: Refused, error: HttpError): void => {
  const { req, res } = x;
  if (res.headersSent || res.destroyed) {
    res.destroy();
    return;
  }
  const page = errorPageFor(res, error.status);
  const id = "id" in x && (error.status >= 500 || page?.isPersonal) ? requestId(x) : "";
  const body = page ? page.bodyFor(id) : plainPage(error.message, id);
  const headers: Record<string, string> = {
    "content-type": page?.type ?? "text/plain; charset=utf-8",
    "content-length": String(body.length),
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    ...(id && { "x-request-id": id }),
    ...error.headers,
  };
  const bodyLeft = isBodyLeft(req);
  if (bodyLeft) headers["connection"] = "close";
  if (headers["connection"] === "close") res.shouldKeepAlive = false; // who comes behind on it must know
  res.writeHead(error.status, headers);
  if (!bodyLeft || req.httpVersionMajor === 2) {
    res.end(req.method === "HEAD" ? undefined : body);
    return;
  }
  refusals.add(res);
  if (req.method === "HEAD") res.flushHeaders();
  else res.write(body);
  discardBody(req, () => res.end());
};

const plainPage = (sentence: string, id: string): Buffer =>
  Buffer.from(id === "" ? `${sentence}\n` : `${sentence} (request ${id})\n`);

const refusals = new WeakSet<object>();

/** The answer is a refusal that is written whole, while its request's body is still being read away. */
export const isRefusal = (res: ServerResponse): boolean => refusals.has(res);
