import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import type { BodyPass, Exchange, ResponseHead } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { discardBody } from "../http/request-body.ts";
import { hasNoBody, runPasses, writeHead } from "../http/respond.ts";
import { sendError } from "../http/send-error.ts";
import { upstreamFailure } from "./failure.ts";
import { dropHopByHop, dropNominated, type HeaderPairs } from "./header-pairs.ts";

type Controller = Dispatcher.DispatchController;
type Report = (error: unknown, x: Exchange) => void;

/** Carries one answer from the upstream to the client, at the client's pace. */
export class Relay implements Dispatcher.DispatchHandler {
  readonly #x: Exchange;
  readonly #upload: Readable | null;
  readonly #report: Report;
  #controller: Controller | null = null;
  #over = false;
  #waiting: NodeJS.Timeout | null = null;
  #drains = false;
  #pass: BodyPass | undefined;
  /** chunks that came while the passes over the head were running; null when they are not */
  #held: Buffer[] | null = null;
  #ended = false;
  /** the answer's `content-length` where its body goes out as it comes, else -1 */
  #promised = -1;

  constructor(x: Exchange, upload: Readable | null, report: Report) {
    this.#x = x;
    this.#upload = upload;
    this.#report = report;
    x.res.on("close", () => this.#leave());
  }

  /** Gives up with `error` if the request still waits for a free connection after `ms`. */
  limitWait(ms: number, error: (ms: number) => HttpError): void {
    if (this.#controller || this.#over) return;
    this.#waiting = setTimeout(() => this.#fail(error(ms)), ms);
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    this.#stopWaiting();
    if (this.#over) controller.abort(clientGone);
  }

  onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200 || this.#over) return; // an interim answer; the real one follows
    const pairs = answerPairs(status, headers);
    if (this.#x.responsePasses.length === 0) {
      this.#promised = Number(headers["content-length"] ?? -1);
      this.#x.res.writeHead(status, pairs as string[]); // Node asks for a mutable array and does not change it
      return;
    }
    controller.pause();
    this.#held = [];
    this.#passHead({ status, headers: headersOf(pairs) }).then(
      () => controller.resume(),
      (error: unknown) => this.#break(error),
    );
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#held) this.#held.push(chunk);
    else if (chunk.length === this.#promised) this.#finish({}, chunk);
    else if (!this.#write(chunk)) this.#waitForDrain(controller);
  }

  onResponseEnd(_controller: Controller, trailers: IncomingHttpHeaders): void {
    this.#ended = true;
    if (!this.#held) this.#finish(trailers);
  }

  onResponseError(_controller: Controller | null, error: Error): void {
    if (this.#over) return; // we gave up first, or the client did
    this.#fail(upstreamFailure(error));
  }

  #write(chunk: Buffer): boolean {
    if (!this.#pass) return this.#x.res.write(chunk);
    const bytes = this.#pass.push(chunk);
    return bytes.length === 0 || this.#x.res.write(bytes);
  }

  #waitForDrain(controller: Controller): void {
    controller.pause();
    if (this.#drains) return;
    this.#drains = true;
    this.#x.res.on("drain", () => controller.resume());
  }

  async #passHead(head: ResponseHead): Promise<void> {
    this.#pass = await runPasses(this.#x, head);
    if (this.#over) return;
    if (this.#pass) head.headers.delete("content-length");
    if (hasNoBody(head.status) || this.#x.req.method === "HEAD") this.#pass = undefined;
    writeHead(this.#x, head);
    const held = this.#held ?? [];
    this.#held = null;
    for (const chunk of held) this.#write(chunk);
    if (this.#ended) this.#finish({});
  }

  #finish(trailers: IncomingHttpHeaders, last?: Buffer): void {
    if (this.#over) return;
    const { req, res } = this.#x;
    // Both may throw, which then cuts the connection: only after them is the answer over.
    const rest = last ?? this.#pass?.end();
    if (hasAny(trailers)) res.addTrailers(trailers as Record<string, string>); // several values of one are joined
    this.#over = true;
    if (last && last.length <= oneWriteBytes) res.end(last.toString("latin1"), "latin1");
    else res.end(rest);
    // The upstream answered without waiting for the whole body. The rest is in the way of the next request.
    if (req.complete) return;
    this.#upload?.destroy();
    discardBody(req, (complete) => complete || req.socket.destroySoon());
  }

  #fail(error: HttpError): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopWaiting();
    this.#upload?.destroy();
    this.#report(error, this.#x);
    sendError(this.#x, error); // cuts the connection if the answer has begun
  }

  /** A pass over the head failed: the fault is ours. */
  #break(cause: unknown): void {
    this.#held = null;
    this.#fail(new HttpError(500, "internal error", { cause }));
    this.#controller?.abort(clientGone);
  }

  /** The client's connection closed; if the answer is not over, nobody waits for the rest. */
  #leave(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopWaiting();
    this.#controller?.abort(clientGone);
  }

  #stopWaiting(): void {
    if (this.#waiting) clearTimeout(this.#waiting);
    this.#waiting = null;
  }
}

// Node sends head and body in one piece if the body is a string too; copying that little is cheaper than two pieces.
const oneWriteBytes = 8192;

// One object for all: no stack is needed to say that somebody hung up.
const clientGone = new Error("proxy: nobody waits for this answer any more");

/** The upstream's headers for the client. */
const answerPairs = (status: number, headers: IncomingHttpHeaders): HeaderPairs => {
  const pairs: string[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (status === 204 && name === "content-length") continue; // not allowed there (RFC 9110 §8.6)
    if (typeof value === "string") pairs.push(name, value);
    else for (const one of value ?? []) pairs.push(name, one);
  }
  return dropHopByHop(dropNominated(pairs));
};

const headersOf = (pairs: HeaderPairs): Map<string, string | readonly string[]> => {
  const headers = new Map<string, string | readonly string[]>();
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i] ?? "";
    const value = pairs[i + 1] ?? "";
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : [before, value].flat());
  }
  return headers;
};

const hasAny = (object: object): boolean => {
  for (const _ in object) return true;
  return false;
};
