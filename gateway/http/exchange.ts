import type { IncomingMessage, ServerResponse } from "node:http";
import type { Site } from "../model/site.ts";

/** One request and its answer on the way through the server. Made by `listen`, filled on the way. */
export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** ms since 1970 */
  readonly receivedAt: number;
  /** percent-encoded, without the query; each has one way of being written (`normalPath`), `req.url` is as received */
  readonly path: string;
  /** as received, without the `?`; empty when there is none */
  readonly query: string;
  /** host the client asked for: lower case, without port */
  readonly host: string;
  /** the client's connection is encrypted, by us or by a trusted proxy */
  readonly secure: boolean;
  /** the client's address by `trustedProxies` */
  readonly address: string;
  readonly site: Site;
  /** Made when it is first asked for: take it from `requestId(x)`. */
  id?: string | undefined;
  /** Name of what answers it, set where that is decided; for logs and metrics. */
  route?: string | undefined;
  /** Changes to the request's headers that handlers must see and forward: lower-case name → value, null removes. */
  readonly requestEdits: Map<string, string | null>;
  /** Run in this order on the head of an answer before it is written. */
  readonly responsePasses: ResponsePass[];
}

/** A request to upgrade; it has no answer of HTTP yet, only its socket. */
export type Upgrade = Omit<Exchange, "res">;

export type Handler = (x: Exchange) => void | Promise<void>;
export type Layer = (next: Handler) => Handler;

/** The head of an answer that a handler is about to send. Passes may change all of it. */
export interface ResponseHead {
  status: number;
  /** lower-case names; several values of one name as an array */
  readonly headers: Map<string, string | readonly string[]>;
}

/** Changes the body on its way. Returns what may be sent now (possibly nothing). */
export interface BodyPass {
  push(chunk: Buffer): Buffer;
  end(): Buffer;
}

/**
 * Sees the head of an answer before it is written. May change it, may answer a `BodyPass` to change the
 * body too; the first body byte waits for the promise.
 */
export type ResponsePass = (
  head: ResponseHead,
  x: Exchange,
) => BodyPass | undefined | Promise<BodyPass | undefined>;

/** The first layer is the outermost. */
export const compose = (layers: readonly Layer[], handler: Handler): Handler =>
  layers.reduceRight((next, layer) => layer(next), handler);

/** What handlers must take as the request's header, after the edits of the layers before them. */
export const requestHeader = (x: Upgrade, name: string): string | undefined => {
  const edit = x.requestEdits.get(name);
  if (edit !== undefined) return edit ?? undefined;
  const value = x.req.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
};
