/**
 * Cuts requests whose body comes too slowly. What counts is what a client sends while somebody waits for it: bytes that
 * have come and are not taken yet are our own slowness, or that of a server behind us.
 */
import type { IncomingMessage } from "node:http";
import type { Exchange } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { sendError } from "../http/send-error.ts";
import type { LimitSettings } from "./settings.ts";

export interface Pace {
  /** Looks after a request that has a body, until it has come. */
  watch(x: Exchange): void;
  follow(settings: LimitSettings): void;
  readonly watched: number;
  close(): void;
}

interface Progress {
  readonly x: Exchange;
  bytes: number;
  since: number;
}

const lookEveryMs = 1000;
/** Requests that are cut in one turn of the event loop: whoever opens thousands at once must not hold others up at their end. */
const cutsATurn = 8;

export const createPace = (
  initial: LimitSettings,
  now: () => number,
  onRefused: (reason: string) => void = () => {},
): Pace => {
  const running = new Map<IncomingMessage, Progress>();
  let settings = initial;
  let doomed: Exchange[] = [];

  const look = (): void => {
    if (doomed.length > 0) return;
    const at = now();
    const isSlow = (progress: Progress): boolean => judge(progress, at, settings) === "slow";
    doomed = [...running.values()].filter(isSlow).map(({ x }) => x);
    cutSome();
  };
  const cutSome = (): void => {
    for (let i = 0; i < cutsATurn; i++) {
      const x = doomed.pop();
      if (!x) return;
      if (running.delete(x.req)) refuse(x); // others are gone, or have come whole meanwhile
    }
    setImmediate(cutSome);
  };
  const refuse = (x: Exchange): void => {
    onRefused("slow");
    cut(x);
  };
  const timer = setInterval(look, lookEveryMs).unref();

  return {
    watch(x) {
      if (settings.bodyBytesPerSecond === 0) return;
      running.set(x.req, { x, bytes: x.req.socket.bytesRead, since: now() });
      x.req.once("close", () => running.delete(x.req));
    },
    follow(next) {
      settings = next;
    },
    get watched() {
      return running.size;
    },
    close() {
      clearInterval(timer);
      doomed = [];
    },
  };
};

/** Over each window of the grace time the pace must have been kept; then a new one begins. */
export const judge = (
  progress: Progress,
  at: number,
  { bodyBytesPerSecond, bodyGraceSeconds }: LimitSettings,
): "slow" | "well" => {
  const { req } = progress.x;
  const { bytesRead } = req.socket;
  const came = bytesRead - progress.bytes;
  const isOurs = req.complete || req.readableLength > 0 || (req.headers.expect !== undefined && came === 0);
  if (!isOurs && at - progress.since < bodyGraceSeconds * 1000) return "well";
  if (!isOurs && came < bodyBytesPerSecond * bodyGraceSeconds) return "slow";
  progress.bytes = bytesRead;
  progress.since = at;
  return "well";
};

const cut = (x: Exchange): void => {
  const { req, res } = x;
  if (res.headersSent || res.destroyed) {
    req.socket.destroy();
    return;
  }
  sendError(x, new HttpError(408, "the body of the request comes too slowly"));
  // What is left of the body is not waited for, as it is after other refusals.
  req.socket.destroySoon();
};
