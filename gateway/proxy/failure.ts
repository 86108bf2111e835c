import { HttpError } from "../http/http-error.ts";

/** What a client is told when its upstream fails before the answer's head. The cause is for the log alone. */
export const upstreamFailure = (error: Error): HttpError => {
  if (error instanceof HttpError) return error;
  switch ("code" in error ? error.code : "") {
    case "head-timeout":
    case "connect-timeout":
    case "ETIMEDOUT":
      return new HttpError(504, "the server behind this site took too long to answer", { cause: error });
    case "ECONNREFUSED":
    case "ENOTFOUND":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "EAI_AGAIN":
      return new HttpError(502, "the server behind this site cannot be reached", { cause: error });
    case "EMFILE":
    case "ENFILE":
    case "EADDRNOTAVAIL":
    case "no-connection":
      return new HttpError(503, "the server behind this site is busy", {
        cause: error,
        headers: { "retry-after": "1" },
      });
    default:
      return new HttpError(502, "the server behind this site gave no answer that can be read", {
        cause: error,
      });
  }
};

/** Reasons that are ours: the line before an upstream is full, or the system gives this process no file or port more. */
const ownReasons: ReadonlySet<unknown> = new Set(["no-connection", "EMFILE", "ENFILE", "EADDRNOTAVAIL"]);

/** Whether an upstream failed; the client's leaving, a request that cannot be sent, and our own limits are not its fault. */
export const isUpstreamsFault = (error: Error): boolean =>
  !(error instanceof HttpError) && !("code" in error && ownReasons.has(error.code));

/** No connection to the upstream was free for so long that the client should not wait on. */
export const noConnection = (waitMs: number, connections: number): HttpError =>
  new HttpError(504, "the server behind this site is busy", {
    cause: new Error(
      `proxy: none of the ${connections} connections to the upstream was free within ${waitMs} ms: where so many answers are open at once, raise connections of the route's proxy`,
    ),
  });
