import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { type HoldsBack, sendAtEndOfTurn } from "../../lib/end-of-turn.ts";
import type { HeaderPairs } from "../header-pairs.ts";
import { type AnswerEvents, AnswerReader } from "./answer-reader.ts";
import type { Endpoint } from "./endpoint.ts";
import { type UpstreamRequest, writeRequestHead } from "./request-head.ts";
import type { AnswerHead } from "./response-head.ts";
import { type BodyEvents, sendBody } from "./send-body.ts";
import { UpstreamError } from "./upstream-error.ts";

/** What a running request can be told by whoever waits for its answer. */
export interface Call {
  /** Stops reading the answer; at most what is on its way still comes. */
  pause(): void;
  resume(): void;
  /** Nobody waits any more: the connection is closed, nothing more is told. */
  abort(): void;
}

/** Told how a request goes: `onHead`, `onData`…, `onEnd`; or `onError` at any point, and then nothing more. */
export interface AnswerHandler {
  /** The request has a connection. */
  onStart(call: Call): void;
  onInterim(call: Call, head: AnswerHead): void;
  onHead(call: Call, head: AnswerHead): void;
  /** The bytes are valid during the call only. */
  onData(call: Call, data: Buffer): void;
  onEnd(call: Call, trailers: HeaderPairs): void;
  /** `mayHaveGone`: some of the request may have reached the upstream; else it may go to another one, whatever it is. */
  onError(error: Error, mayHaveGone: boolean): void;
}

export interface Job {
  readonly request: UpstreamRequest;
  /** the client's address: where requests wait, each client has its turn */
  readonly from?: string;
  readonly body: Readable | null;
  /** the body's length is not known: it goes in chunks */
  readonly chunked: boolean;
  /** what follows the last chunk of the body; nothing where it is left out */
  readonly trailers?: () => HeaderPairs;
  readonly handler: AnswerHandler;
}

export interface ConnectionOwner {
  readonly maxHeadBytes: number;
  /** from when an answer can be expected to its head */
  readonly firstByteMs: number;
  /** from one piece of an answer's body to the next, while the client takes them; null: as long as it likes */
  readonly idleMs: number | null;
  /** Its answer is a stream of events. */
  onStream(connection: Connection): void;
  /** The answer is over and the connection free. */
  onFree(connection: Connection): void;
  /** The connection is closed; `job` is what ran on it, null where none did. */
  onClosed(connection: Connection, job: Job | null, error: Error, heardNothing: boolean): void;
}

/** One connection to an upstream: one request at a time, one after the other. */
export class Connection implements Call, AnswerEvents, HoldsBack {
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  #job: Job | null = null;
  #reader: AnswerReader | null = null;
  #sent = true;
  #stopBody: (() => void) | null = null;
  #keepAlive = false;
  #closed = false;
  #connected = false;
  /** the head of a request without a body, which leaves at the end of the turn */
  #held = "";
  /** the answer's head has come, and its end has not */
  isInBody = false;
  /** when it was begun, ms by the owner's clock */
  readonly begunAt = performance.now();
  /** requests that were sent on it, and when the last was, ms by the owner's clock */
  uses = 0;
  sentAt = 0;
  /** ms, by the owner's clock: when the answer must have begun, or the idle connection be closed; Infinity: never */
  deadline = Number.POSITIVE_INFINITY;
  /** seconds the upstream keeps it open when idle; -1 where it did not say */
  idleSeconds = -1;

  constructor(owner: ConnectionOwner, endpoint: Endpoint) {
    this.#owner = owner;
    this.#socket = endpoint.connect((bytes) => this.#take(bytes));
    this.#socket.setNoDelay(true);
    this.#socket.on(endpoint.opened, () => {
      this.#connected = true;
      this.#sendBody();
    });
    this.#socket.on("error", (error) => this.#close(error));
    this.#socket.on("end", () => this.#end());
    this.#socket.on("close", () => this.#close(hungUp));
  }

  get isConnected(): boolean {
    return this.#connected;
  }

  /** What is under way lasts as long as the client takes: a body that it sends, or an answer that it is sent. */
  get waitsForClient(): boolean {
    return this.#connected && (this.isInBody || this.deadline === Number.POSITIVE_INFINITY);
  }

  send(job: Job): void {
    this.#job = job;
    this.#reader = new AnswerReader(job.request.method, this.#owner.maxHeadBytes, this);
    this.uses++;
    this.sentAt = performance.now();
    this.#sent = job.body === null;
    this.#expectHead(this.#sent);
    try {
      const head = writeRequestHead(job.request, job.chunked);
      job.handler.onStart(this);
      if (this.#job !== job) return; // given up at once
      sendAtEndOfTurn(this);
      if (this.#sent) {
        this.#held = head;
        return;
      }
      this.#socket.cork(); // what there is of the body leaves with it
      this.#socket.write(head, "latin1");
      // Not before it is open: another upstream may get the whole body where this one cannot be reached.
      if (this.#connected) this.#sendBody();
    } catch (error) {
      this.#close(error as Error);
    }
  }

  sendHeld(): void {
    const head = this.#held;
    this.#held = "";
    if (head === "") this.#socket.uncork();
    else if (!this.#closed) this.#socket.write(head, "latin1");
  }

  pause(): void {
    if (this.isInBody) this.deadline = Number.POSITIVE_INFINITY; // it is the client who is slow
    this.#socket.pause();
  }

  resume(): void {
    if (this.#closed) return;
    this.#socket.resume();
    this.#expectMore();
  }

  abort(): void {
    this.#job = null;
    this.#close(hungUp);
  }

  close(error: Error): void {
    this.#close(error);
  }

  onInterim(head: AnswerHead): void {
    this.#job?.handler.onInterim(this, head);
  }

  onHead(head: AnswerHead): void {
    this.deadline = Number.POSITIVE_INFINITY;
    this.isInBody = true;
    this.#expectMore();
    this.idleSeconds = head.idleSeconds;
    this.#keepAlive = head.keepAlive;
    if (head.isEventStream) this.#owner.onStream(this);
    this.#job?.handler.onHead(this, head);
  }

  onData(data: Buffer): void {
    this.#expectMore();
    this.#job?.handler.onData(this, data);
  }

  onEnd(trailers: HeaderPairs): void {
    this.#job?.handler.onEnd(this, trailers);
  }

  #take(bytes: Buffer): void {
    const reader = this.#reader;
    try {
      if (!reader) throw new UpstreamError("malformed", "proxy: the upstream spoke without being asked");
      reader.read(bytes);
      if (reader.isOver) this.#finish();
    } catch (error) {
      this.#close(error as Error); // also what the handler threw
    }
  }

  #end(): void {
    try {
      this.#reader?.end();
    } catch (error) {
      this.#close(error as Error);
      return;
    }
    if (this.#reader?.isOver) this.#job = null;
    this.#close(hungUp);
  }

  #expectMore(): void {
    const { idleMs } = this.#owner;
    if (idleMs !== null && this.isInBody) this.deadline = performance.now() + idleMs;
  }

  /** The answer is over. A body that was not sent whole would be read as the next request: then the connection ends. */
  #finish(): void {
    this.isInBody = false;
    this.#job = null;
    this.#reader = null;
    if (this.#closed) return;
    if (!this.#sent || !this.#keepAlive) {
      this.#close(hungUp);
      return;
    }
    this.#socket.resume();
    this.#owner.onFree(this);
  }

  #sendBody(): void {
    const { body, chunked, trailers = noTrailers } = this.#job ?? noBody;
    if (body?.destroyed) this.#close(body.errored ?? hungUp);
    else if (body) this.#stopBody = sendBody(body, this.#socket, { chunked, trailers }, this.#bodyEvents);
  }

  /** While a client is still sending, or after the head, no time is set. */
  #expectHead(expected: boolean): void {
    if (this.isInBody) return;
    const waits = expected && this.#reader?.hasBegun !== true;
    this.deadline = waits ? performance.now() + this.#owner.firstByteMs : Number.POSITIVE_INFINITY;
  }

  readonly #bodyEvents: BodyEvents = {
    onStalled: (stalled) => this.#expectHead(stalled),
    onSent: (error) => {
      this.#stopBody = null;
      this.#sent = error === null;
      if (error) this.#close(error);
      else this.#expectHead(true);
    },
  };

  #close(error: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stopBody?.();
    const job = this.#job;
    const heardNothing = !this.#reader?.hasBytes;
    this.#job = null;
    this.#reader = null;
    this.#socket.destroy();
    this.#owner.onClosed(this, job, error, heardNothing);
  }
}

const noTrailers = (): HeaderPairs => [];
const noBody: Pick<Job, "body" | "chunked" | "trailers"> = { body: null, chunked: false };

// One object for all: no stack is needed to say that somebody hung up.
const hungUp = new UpstreamError("closed", "proxy: the upstream hung up");
