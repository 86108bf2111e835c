import type { Readable } from "node:stream";
import type { BodyPass, Exchange, ResponseHead } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { discardBody } from "../http/request-body.ts";
import { requestId } from "../http/request-id.ts";
import { hasNoBody, runPasses, writeHead } from "../http/respond.ts";
import { sendError } from "../http/send-error.ts";
import { bulk } from "../lib/bulk-share.ts";
import { pieces } from "../lib/piece-pool.ts";
import { noConnection, upstreamFailure } from "./failure.ts";
import {
  dropHopByHop,
  dropNominated,
  firstValue,
  type HeaderPairs,
  keepOneAllowedOrigin,
  without,
} from "./header-pairs.ts";
import { applyHeaderRules, type CompiledRules } from "./header-rules.ts";
import { allowedTrailers } from "./trailers.ts";
import type { AnswerHandler, Call } from "./upstream/connection.ts";
import type { AnswerHead } from "./upstream/response-head.ts";

/** What the room does about an answer, beside handing it on. */
export interface RelayHooks {
  /** The upstream answers. */
  readonly onAnswer: () => void;
  /** It gave no answer: true where the request goes to another one. `mayHaveGone`: as `AnswerHandler.onError` says. */
  readonly retry: (error: Error, mayHaveGone: boolean) => boolean;
  /** told of what the client is told */
  readonly report: (error: unknown, x: Exchange) => void;
  readonly rules: CompiledRules | null;
}

/** Carries one answer from the upstream to the client, at the client's pace. */
export class Relay implements AnswerHandler {
  readonly #x: Exchange;
  readonly #upload: Readable | null;
  readonly #hooks: RelayHooks;
  #call: Call | null = null;
  #over = false;
  #waiting: NodeJS.Timeout | null = null;
  #forget: (() => void) | null = null;
  #drains = false;
  /** what has to come before more of the answer is read: room at the client, a turn among other large answers */
  #needsRoom = false;
  #needsTurn = false;
  /** bytes of the body that came */
  #size = 0;
  #pass: BodyPass | undefined;
  /** chunks that came while the passes over the head were running; null when they are not */
  #held: Buffer[] | null = null;
  #ended = false;
  /** what came behind the body while the passes over the head were running */
  #trailers: HeaderPairs = noTrailers;
  /** the answer's head has come */
  #answered = false;
  /** the head where a pass over the body has given nothing yet: an upstream that dies before can still be told */
  #head: ResponseHead | null = null;
  /** some of the body has come */
  #hasBegun = false;
  /** what comes as its body is none: it is read away */
  #isEmpty = false;
  /** the answer's `content-length` where its body goes out as it comes, else -1 */
  #promised = -1;

  constructor(x: Exchange, upload: Readable | null, hooks: RelayHooks) {
    this.#x = x;
    this.#upload = upload;
    this.#hooks = hooks;
    x.res.on("close", () => this.#leave());
  }

  /** Gives up if the request still waits for a free connection after `ms`; `forget` takes it out of the line. */
  limitWait(ms: number, connections: number, forget: () => void): void {
    if (this.#call || this.#over) return;
    this.#forget = forget;
    this.#waiting = setTimeout(() => this.#fail(noConnection(ms, connections)), ms);
  }

  onStart(call: Call): void {
    this.#call = call;
    this.#forget = null;
    this.#stopWaiting();
    if (this.#over) call.abort();
  }

  /** Hints are handed on (RFC 8297); other answers before the answer speak of the hop to the upstream. */
  onInterim(_call: Call, { status, pairs }: AnswerHead): void {
    if (status !== 103 || this.#over || this.#x.req.httpVersion === "1.0") return;
    const link = pairs.filter((_, i) => pairs[i - 1] === "link" && i % 2 === 1);
    try {
      if (link.length > 0) this.#x.res.writeEarlyHints({ link });
    } catch {
      // Node takes plain links only; hints that it refuses are not missed.
    }
  }

  onHead(call: Call, { status, pairs, framing }: AnswerHead): void {
    this.#hooks.onAnswer();
    this.#answered = true;
    if (this.#over) return;
    this.#isEmpty = status === resetContent;
    const named = naming(answerPairs(status, pairs), this.#x);
    const headers = keepOneAllowedOrigin(applyHeaderRules(named, this.#hooks.rules));
    if (this.#x.responsePasses.length === 0) {
      this.#promised = framing.kind === "length" && !this.#isEmpty ? framing.bytes : -1;
      this.#x.res.writeHead(status, headers as string[]); // Node asks for a mutable array and does not change it
      process.nextTick(flushHead, this);
      return;
    }
    call.pause();
    this.#held = [];
    this.#passHead({ status, headers: headersOf(headers) }).then(
      () => call.resume(),
      (error: unknown) => this.#break(error),
    );
  }

  onData(call: Call, data: Buffer): void {
    if (this.#over || this.#isEmpty) return;
    this.#hasBegun = true;
    this.#size += data.length;
    if (this.#held) this.#held.push(Buffer.from(data));
    else if (data.length === this.#promised) this.#finish(noTrailers, data);
    else if (!this.#write(data)) this.#waitForDrain(call);
    else if (this.#size > largeBytes && bulk.isSpent()) this.#waitForTurn(call);
  }

  onEnd(_call: Call, trailers: HeaderPairs): void {
    this.#ended = true;
    if (this.#held) this.#trailers = trailers;
    else this.#finish(trailers);
  }

  onError(error: Error, mayHaveGone: boolean): void {
    if (this.#ended) return; // it came whole: what the upstream says behind it is its connection's end alone
    this.#stopWaiting(); // another had the place in the line
    const isRepeatable = !this.#over && !this.#answered && !this.#x.res.headersSent;
    if (isRepeatable && this.#hooks.retry(error, mayHaveGone)) return;
    const fail = () => this.#fail(upstreamFailure(error)); // does nothing where we gave up first, or the client did
    // What came before the fault is still to be written out: Node does that at the end of this turn.
    if (this.#x.res.headersSent) setImmediate(fail);
    else fail();
  }

  /** The body takes its time: the client has the head meanwhile, as a page that waits for events does. */
  flushHead(): void {
    if (this.#hasBegun || this.#over) return;
    this.#sendHead();
    this.#x.res.flushHeaders();
  }

  #sendHead(): void {
    const head = this.#head;
    this.#head = null;
    if (head) writeHead(this.#x, head);
  }

  #write(data: Buffer): boolean {
    // A pass may keep what it is given, and the bytes are the connection's: the next answer comes into the same place.
    const bytes = this.#pass ? this.#pass.push(Buffer.from(data)) : data;
    if (bytes.length === 0) return true;
    this.#sendHead();
    const piece = pieces.take(bytes.length);
    piece.bytes.set(bytes);
    return this.#x.res.write(piece.bytes, "latin1", piece.release); // bytes have no encoding, but its place has to be filled
  }

  #waitForDrain(call: Call): void {
    call.pause();
    this.#needsRoom = true;
    if (this.#drains) return;
    this.#drains = true;
    this.#x.res.on("drain", () => {
      this.#needsRoom = false;
      this.#goOn(call);
    });
  }

  /** Behind those that wait already: the system takes megabytes at once for a client that reads nothing. */
  #waitForTurn(call: Call): void {
    if (this.#needsTurn) return;
    call.pause();
    this.#needsTurn = true;
    void bulk
      .fetch(async () => {})
      .then(() => {
        this.#needsTurn = false;
        this.#goOn(call);
      });
  }

  /** Not when the answer is over: its connection carries another one. */
  #goOn(call: Call): void {
    if (!this.#over && !this.#needsRoom && !this.#needsTurn) call.resume();
  }

  async #passHead(head: ResponseHead): Promise<void> {
    this.#pass = await runPasses(this.#x, head);
    if (this.#over) return;
    if (this.#pass) head.headers.delete("content-length");
    if (hasNoBody(head.status) || this.#x.req.method === "HEAD") this.#pass = undefined;
    this.#head = head;
    if (!this.#pass) this.#sendHead();
    const held = this.#held ?? [];
    this.#held = null;
    for (const chunk of held) this.#write(chunk);
    if (this.#ended) this.#finish(this.#trailers);
    else this.flushHead();
  }

  #finish(trailers: HeaderPairs, last?: Buffer): void {
    if (this.#over) return;
    const { req, res } = this.#x;
    // All may throw, which then cuts the connection: only after them is the answer over.
    const rest = last ?? this.#pass?.end();
    this.#sendHead();
    if (trailers.length > 0) res.addTrailers(joined(allowedTrailers(trailers)));
    this.#over = true;
    if (last && last.length <= oneWriteBytes) res.end(last.toString("latin1"), "latin1");
    else res.end(rest && Buffer.from(rest));
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
    if (error.status >= 500) this.#hooks.report(error, this.#x); // else the client's own fault, which it is told
    sendError(this.#x, error); // cuts the connection if the answer has begun
  }

  /** A pass over the head failed: the fault is ours. */
  #break(cause: unknown): void {
    this.#held = null;
    this.#fail(new HttpError(500, "internal error", { cause }));
    this.#call?.abort();
  }

  /** The client's connection closed; if the answer is not over, nobody waits for the rest. */
  #leave(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopWaiting();
    this.#call?.abort();
  }

  #stopWaiting(): void {
    if (this.#waiting) clearTimeout(this.#waiting);
    this.#waiting = null;
    this.#forget?.();
    this.#forget = null;
  }
}

const flushHead = (relay: Relay): void => relay.flushHead();

/** An answer takes turns from here on. */
const largeBytes = 131_072;

// Node sends head and body in one piece if the body is a string too; copying that little is cheaper than two pieces.
const oneWriteBytes = 8192;

/** It has no content (RFC 9110 §15.3.6), and in HTTP/2 an answer that promises some is broken. */
const resetContent = 205;

/** The upstream's headers for the client. */
const answerPairs = (status: number, pairs: HeaderPairs): HeaderPairs => {
  const headers = dropHopByHop(dropNominated(pairs));
  if (status === resetContent)
    return [...without(headers, (name) => name === "content-length"), "content-length", "0"];
  // Not allowed there (RFC 9110 §8.6).
  return status === 204 ? without(headers, (name) => name === "content-length") : headers;
};

const idHeader = "x-request-id";

/** With the id under which the log and the upstream speak of the request; what the upstream says of it itself stays. */
export const naming = (pairs: HeaderPairs, x: { id?: string | undefined }): HeaderPairs =>
  firstValue(pairs, idHeader) === undefined ? [...pairs, idHeader, requestId(x)] : pairs;

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

const noTrailers: HeaderPairs = [];

/** Several values of one name in one, as Node asks for. */
const joined = (pairs: HeaderPairs): Record<string, string> => {
  const headers: Record<string, string> = Object.create(null);
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i] ?? "";
    const before = headers[name];
    headers[name] = before === undefined ? (pairs[i + 1] ?? "") : `${before}, ${pairs[i + 1]}`;
  }
  return headers;
};
