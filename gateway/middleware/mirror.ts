import type { IncomingMessage } from "node:http";
import type { Exchange, Handler, Layer } from "../http/exchange.ts";
import { hasBody } from "../http/request-body.ts";
import type { Asker, AskerMaker } from "./asker.ts";
import type { MirrorSettings } from "./settings.ts";

/** Copies under way at once; beyond them none is made, as whoever gets them is too slow. */
const copiesAtOnce = 64;

export interface MirrorParts {
  readonly makeAsker: AskerMaker;
  readonly random: () => number;
}

/**
 * Sends a copy of some requests to another server as well. The request itself waits for nothing of it: its body is copied as it
 * passes, and what goes wrong with a copy concerns nobody.
 */
export const mirrorTo = (
  settings: MirrorSettings,
  { makeAsker, random }: MirrorParts,
): { readonly layer: Layer; close(): Promise<void> } => {
  const asker = makeAsker({
    url: settings.upstream,
    verify: settings.verify,
    timeoutMs: settings.timeoutMs,
    answerBytes: 1_048_576,
    connections: copiesAtOnce,
  });
  let copies = 0;
  const release = (): void => void copies--;
  const layer: Layer =
    (next: Handler) =>
    (x): void | Promise<void> => {
      if (copies < copiesAtOnce && random() * 100 < settings.percent) {
        copies++;
        copyBody(x.req, settings.bodyBytes, (body) => {
          if (body === "none") release();
          else void send(asker, x, body).then(release, release);
        });
      }
      return next(x);
    };
  return { layer, close: () => asker.close(false) };
};

const send = (asker: Asker, x: Exchange, body: Buffer | null): Promise<unknown> => {
  const { req, path, query } = x;
  const edits = new Map<string, string | null>([["content-length", body && String(body.length)]]);
  return asker.ask(x, {
    method: req.method ?? "GET",
    target: query === "" ? path : `${path}?${query}`,
    edits,
    body,
  });
};

/**
 * Tells the body once it has passed, null where the request has none, `none` where it is too large or did not come whole.
 * Listens without making the stream flow, which whoever answers the request decides.
 */
const copyBody = (
  req: IncomingMessage,
  maxBytes: number,
  tell: (body: Buffer | null | "none") => void,
): void => {
  if (!hasBody(req)) {
    tell(null);
    return;
  }
  const chunks: Buffer[] = [];
  let size = 0;
  const stop = (body: Buffer | "none"): void => {
    req.off("data", copy).off("end", finish).off("close", cut);
    tell(body);
  };
  const copy = (chunk: Buffer): void => {
    size += chunk.length;
    if (size > maxBytes) stop("none");
    else chunks.push(chunk);
  };
  const finish = (): void => stop(Buffer.concat(chunks, size));
  const cut = (): void => stop("none");
  req.prependListener("data", copy).on("end", finish).on("close", cut);
};
