import type { IncomingMessage } from "node:http";
import { HttpError } from "./http-error.ts";

/** The whole body as bytes; a body over `maxBytes` is refused with 413 and the connection closed after. */
export const readBody = (req: IncomingMessage, maxBytes: number): Promise<Buffer> => {
  if (Number(req.headers["content-length"] ?? 0) > maxBytes) return Promise.reject(tooLarge(maxBytes));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const collect = (chunk: Buffer): void => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > maxBytes) settle(tooLarge(maxBytes));
    };
    const finish = (): void => settle(null);
    const cut = (): void => settle(new HttpError(400, "the request ended before its body did"));
    const settle = (refusal: HttpError | null): void => {
      req.off("data", collect).off("end", finish).off("close", cut).off("error", cut);
      if (refusal) {
        req.pause(); // who answers the refusal reads the rest away
        reject(refusal);
        return;
      }
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size));
    };
    req.on("data", collect).on("end", finish).on("close", cut).on("error", cut);
    if (req.destroyed) cut();
  });
};

const tooLarge = (maxBytes: number) =>
  new HttpError(413, `body over ${maxBytes} bytes: send less, or raise limits.bodyBytes`, {
    headers: { connection: "close" },
  });
