import type { IncomingMessage } from "node:http";
import { HttpError } from "./http-error.ts";

/** The whole body as bytes; a body over `maxBytes` is refused with 413 and the connection closed after. */
export const readBody = (req: IncomingMessage, maxBytes: number): Promise<Buffer> => {
  if (Number(req.headers["content-length"] ?? 0) > maxBytes) return Promise.reject(tooLarge(maxBytes));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    req.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) {
        req.removeAllListeners("data");
        reject(tooLarge(maxBytes));
        return;
      }
      chunks.push(chunk);
    });
    req.on("end", () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    req.on("error", reject);
    req.on("aborted", () => reject(new HttpError(400, "the request ended before its body did")));
  });
};

// What is left of the body is not read: `connection: close` keeps it from being taken for a next request.
const tooLarge = (maxBytes: number) =>
  new HttpError(413, `body over ${maxBytes} bytes: send less, or raise limits.bodyBytes`, {
    headers: { connection: "close" },
  });
