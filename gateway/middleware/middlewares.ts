/**
 * The room of what a route puts in front of its answer: who may come in, what is answered in the route's place, and what becomes
 * of the answer on its way out. The order is this file's, whatever the order in the settings; who may come in is asked first, so
 * that nothing is told to somebody who may not.
 *
 *     errorPages → compress → allow, deny → clientCertificates → basicAuth → forwardAuth → redirect → mirror → the answer
 */
import type { Duplex } from "node:stream";
import { compose, type Exchange, type Handler, type Layer, type Upgrade } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import type { Clock } from "../lib/clock.ts";
import { guardAddresses } from "./addresses.ts";
import type { AskerMaker } from "./asker.ts";
import { guardByPassword } from "./basic-auth.ts";
import { guardByCertificate } from "./client-certificate.ts";
import { type CompressOptions, compress } from "./compress.ts";
import { errorPagesOf, intercepting, showing } from "./error-pages.ts";
import { guardByServer } from "./forward-auth.ts";
import { askGuards, type Guard, type Reply, replyOf, sendReply, writeReply } from "./guard.ts";
import { mirrorTo } from "./mirror.ts";
import { guardByRedirect } from "./redirect.ts";
import type { MiddlewareSettings } from "./settings.ts";

export interface MiddlewareParts {
  readonly makeAsker: AskerMaker;
  readonly acceptedCodings: CompressOptions["acceptedCodings"];
  readonly random: () => number;
  readonly clock: Clock;
  readonly warn: (sentence: string) => void;
  readonly onError: (error: unknown, x: Upgrade) => void;
}

type Take = (x: Upgrade, socket: Duplex, head: Buffer) => void;

export interface Middlewares {
  /** The handler behind all that the settings name but the pages of errors; itself where they name nothing. */
  wrap(handler: Handler): Handler;
  /** Shows the pages of errors for what is refused in the handler, or in a layer before it. */
  frame(handler: Handler): Handler;
  /** What takes websockets, behind those of them that decide who may come in, and the redirects. */
  wrapUpgrade(take: Take): Take;
  close(): Promise<void>;
}

/** What a route of the settings asks for. */
export const createMiddlewares = (settings: MiddlewareSettings, parts: MiddlewareParts): Middlewares => {
  const closers: (() => Promise<void>)[] = [];
  const guards = guardsOf(settings, parts, closers);
  const layers = [
    ...answerLayers(settings, parts),
    ...(guards.length > 0 ? [guarding(guards)] : []),
    ...requestLayers(settings, parts, closers),
  ];
  return {
    wrap: (handler) => compose(layers, handler),
    frame: (handler) => compose(pageLayers(settings, parts), handler),
    wrapUpgrade: (take) => (guards.length === 0 ? take : guardUpgrade(guards, take, parts.onError)),
    close: async () => void (await Promise.all(closers.map((close) => close()))),
  };
};

const pageLayers = (
  { errorPages, interceptErrors }: MiddlewareSettings,
  parts: MiddlewareParts,
): readonly Layer[] => {
  if (!errorPages) return [];
  const pages = errorPagesOf(errorPages, parts);
  return interceptErrors ? [showing(pages), intercepting(pages)] : [showing(pages)];
};

const answerLayers = ({ compress: wish }: MiddlewareSettings, parts: MiddlewareParts): readonly Layer[] => {
  if (wish === false) return [];
  const minBytes = wish === true ? defaultMinBytes : wish.minBytes;
  return [compress({ minBytes, acceptedCodings: parts.acceptedCodings })];
};

/** Less than this gains nothing once it is in packets. */
const defaultMinBytes = 1024;

const guardsOf = (
  settings: MiddlewareSettings,
  parts: MiddlewareParts,
  closers: (() => Promise<void>)[],
): readonly Guard[] => {
  const guards: Guard[] = [];
  if (settings.allow || settings.deny) guards.push(guardAddresses(settings.allow, settings.deny));
  if (settings.clientCertificates) guards.push(guardByCertificate(settings.clientCertificates));
  if (settings.basicAuth) guards.push(guardByPassword(settings.basicAuth));
  if (settings.forwardAuth) {
    const { guard, close } = guardByServer(settings.forwardAuth, parts.makeAsker);
    closers.push(close);
    guards.push(guard);
  }
  if (settings.redirect) guards.push(guardByRedirect(settings.redirect));
  return guards;
};

const requestLayers = (
  { mirror }: MiddlewareSettings,
  parts: MiddlewareParts,
  closers: (() => Promise<void>)[],
): readonly Layer[] => {
  if (!mirror) return [];
  const { layer, close } = mirrorTo(mirror, parts);
  closers.push(close);
  return [layer];
};

const guarding =
  (guards: readonly Guard[]): Layer =>
  (next) =>
  (x) => {
    const verdict = askGuards(guards, x);
    if (verdict === null) return next(x);
    if (!(verdict instanceof Promise)) return sendReply(x, verdict);
    return verdict.then((reply) => {
      if (reply) return sendReply(x, reply);
      return isGone(x) ? undefined : next(x);
    });
  };

/** The client left while the guards were asking: nobody would hear of its leaving any more. */
const isGone = ({ res }: Exchange): boolean => res.destroyed || res.closed;

const guardUpgrade =
  (guards: readonly Guard[], take: Take, onError: MiddlewareParts["onError"]): Take =>
  (x, socket, head) => {
    const refuse = (error: unknown): void => {
      if (!(error instanceof HttpError) || error.cause !== undefined) onError(error, x);
      writeReply(socket, replyOf(error));
    };
    const go = (): void => {
      if (!socket.destroyed) take(x, socket, head);
    };
    const follow = (reply: Reply | null): void => (reply ? writeReply(socket, reply) : go());
    try {
      const verdict = askGuards(guards, x);
      if (verdict instanceof Promise) verdict.then(follow).catch(refuse);
      else follow(verdict);
    } catch (error) {
      refuse(error);
    }
  };
