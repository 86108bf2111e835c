import type { IncomingMessage } from "node:http";
import type { BodyRoom, HeldBody } from "./body-room.ts";
import type { Exchange } from "./exchange.ts";
import { HttpError } from "./http-error.ts";

/** Reads the body of a request into memory, of which there is so much for all of them. */
export type ReadBody = (x: Pick<Exchange, "req" | "res">, maxBytes: number) => Promise<Buffer>;

/** Bodies have their place in the room until they are answered; one that has to make room for others is refused with 503. */
export const readingInto =
  (room: BodyRoom): ReadBody =>
  ({ req, res }, maxBytes) =>
    read(req, maxBytes, (refuse) => {
      const held = room.begin(refuse);
      if (res.closed) held.release();
      else res.once("close", held.release);
      return held;
    });

/** The whole body as bytes; a body over `maxBytes` is refused with 413 and the connection closed after. */
export const readBody = (req: IncomingMessage, maxBytes: number): Promise<Buffer> =>
  read(req, maxBytes, () => null);

const read = (
  req: IncomingMessage,
  maxBytes: number,
  begin: (refuse: () => void) => HeldBody | null,
): Promise<Buffer> => {
  if (Number(req.headers["content-length"] ?? 0) > maxBytes) return Promise.reject(tooLarge(maxBytes));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const collect = (chunk: Buffer): void => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > maxBytes) settle(tooLarge(maxBytes));
      else held?.add(chunk.length);
    };
    const finish = (): void => settle(null);
    const cut = (): void => settle(new HttpError(400, "the request ended before its body did"));
    const settle = (refusal: HttpError | null): void => {
      req.off("data", collect).off("end", finish).off("close", cut).off("error", cut);
      if (refusal) {
        held?.release();
        chunks.length = 0;
        req.pause(); // who answers the refusal reads the rest away
        reject(refusal);
        return;
      }
      held?.finish();
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size));
    };
    const held = begin(() => settle(noRoom()));
    req.on("data", collect).on("end", finish).on("close", cut).on("error", cut);
    if (req.destroyed) cut();
  });
};

const tooLarge = (maxBytes: number) =>
  new HttpError(413, `body over ${maxBytes} bytes: send less, or raise limits.bodyBytes`, {
    headers: { connection: "close" },
  });

const noRoom = () =>
  new HttpError(503, "too many bodies are being read: send it again, or raise limits.bufferedBytes", {
    headers: { connection: "close", "retry-after": "1" },
  });
