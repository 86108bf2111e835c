import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { HttpError } from "../http/http-error.ts";

const aheadBytes = 64 * 1024; // of one upload, held for a slow upstream

/** Refuses a body that says that it is larger; one that does not say it is counted as it comes. */
export const refuseLarge = (req: IncomingMessage, mostBytes: number | null): void => {
  if (mostBytes !== null && Number(req.headers["content-length"] ?? 0) > mostBytes) throw tooLarge(mostBytes);
};

const tooLarge = (mostBytes: number | null): HttpError =>
  new HttpError(413, `the request's body is over ${mostBytes} bytes`);

/**
 * A request's body as a stream of its own. The upstream's client destroys the body it was given when it fails; the
 * request itself must outlive that, because its connection has to carry our answer.
 */
export const uploadOf = (req: IncomingMessage, mostBytes: number | null): Readable => {
  let left = mostBytes ?? Number.POSITIVE_INFINITY;
  const upload = new Readable({
    highWaterMark: aheadBytes,
    read: () => void req.resume(),
    destroy: (error, done) => {
      req.off("data", feed).off("end", finish).off("close", cut);
      done(error);
    },
  });
  const feed = (chunk: Buffer): void => {
    left -= chunk.length;
    if (left < 0) upload.destroy(tooLarge(mostBytes));
    else if (!upload.push(chunk)) req.pause();
  };
  const finish = (): void => void upload.push(null);
  const cut = (): void => {
    if (!req.complete) upload.destroy(new Error("the client went away in the middle of its body"));
  };
  // Whoever reads the stream hears of the error; when nobody does any more, it must not end the process.
  upload.on("error", () => {});
  req.on("data", feed).on("end", finish).on("close", cut).pause();
  return upload;
};
