/** Questions to servers beside the upstreams: the request's headers as an upstream would get them, and a whole answer back. */
import { Readable } from "node:stream";
import type { Upgrade } from "../http/exchange.ts";
import { dropHopByHop, dropNominated, type HeaderPairs, without } from "./header-pairs.ts";
import { type RequestRules, upstreamHeaders } from "./request-passes.ts";
import type { AnswerHandler, Call, Job } from "./upstream/connection.ts";
import { parseEndpoint } from "./upstream/endpoint.ts";
import { createPool } from "./upstream/pool.ts";
import { UpstreamError } from "./upstream/upstream-error.ts";

export interface AskSettings {
  readonly url: string;
  readonly verify: boolean;
  /** for the whole answer */
  readonly timeoutMs: number;
  readonly answerBytes: number;
  readonly connections: number;
}

export interface Asked {
  readonly method: string;
  readonly target: string;
  /** changes to the request's headers: lower-case name → value, null removes */
  readonly edits: ReadonlyMap<string, string | null>;
  readonly body: Buffer | null;
}

export interface WholeAnswer {
  readonly status: number;
  /** names in lower case, without those that speak of the connection or the body's length */
  readonly pairs: HeaderPairs;
  readonly body: Buffer;
}

/** What asks one server; a question that gets no whole answer within the limits is rejected. */
export const createAsker = (settings: AskSettings, rules: RequestRules) => {
  const pool = createPool({
    endpoint: parseEndpoint(settings.url, settings.verify),
    connections: settings.connections,
    queue: settings.connections,
    connectMs: settings.timeoutMs,
    firstByteMs: settings.timeoutMs,
    headBytes: 65_536,
  });
  const running = new Set<Answer>();
  return {
    ask: (x: Upgrade, { method, target, edits, body }: Asked): Promise<WholeAnswer> => {
      const pairs = [...without(upstreamHeaders(x, rules), (name) => edits.has(name))];
      for (const [name, value] of edits) if (value !== null) pairs.push(name, value);
      const request = { method, target, host: pool.endpoint.host, pairs };
      return new Promise<WholeAnswer>((resolve, reject) => {
        const answer = new Answer(settings.answerBytes, {
          resolve,
          reject,
          over: () => void running.delete(answer),
        });
        running.add(answer);
        const job: Job = { request, body: body && streamOf(body), chunked: false, handler: answer };
        answer.limitTime(settings.timeoutMs, () => pool.forget(job));
        pool.dispatch(job);
      });
    },
    close(waits = true) {
      if (!waits) for (const answer of running) answer.giveUp();
      return pool.close();
    },
  };
};

const streamOf = (body: Buffer): Readable => Readable.from([body], { objectMode: false });

interface Told {
  readonly resolve: (answer: WholeAnswer) => void;
  readonly reject: (error: Error) => void;
  /** after either */
  readonly over: () => void;
}

/** Collects one answer. */
class Answer implements AnswerHandler {
  readonly #maxBytes: number;
  readonly #told: Told;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #status = 0;
  #pairs: HeaderPairs = [];
  #call: Call | null = null;
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  constructor(maxBytes: number, told: Told) {
    this.#maxBytes = maxBytes;
    this.#told = told;
  }

  /** Nobody waits for it any more. */
  giveUp(): void {
    this.#cut(new UpstreamError("closed", "proxy: the gateway stops asking"));
  }

  limitTime(ms: number, forget: () => void): void {
    this.#timer = setTimeout(() => {
      forget();
      this.#cut(new UpstreamError("head-timeout", `proxy: no whole answer within ${ms} ms`));
    }, ms);
  }

  onStart(call: Call): void {
    this.#call = call;
    if (this.#over) call.abort();
  }

  onInterim(): void {}

  onHead(_call: Call, { status, pairs }: { readonly status: number; readonly pairs: HeaderPairs }): void {
    this.#status = status;
    this.#pairs = without(dropHopByHop(dropNominated(pairs)), (name) => name === "content-length");
  }

  onData(_call: Call, data: Buffer): void {
    this.#size += data.length;
    if (this.#size > this.#maxBytes) {
      this.#cut(new UpstreamError("malformed", `proxy: the answer has more than ${this.#maxBytes} bytes`));
    } else this.#chunks.push(Buffer.from(data)); // the bytes are the connection's
  }

  onEnd(): void {
    if (!this.#finish()) return;
    this.#told.resolve({
      status: this.#status,
      pairs: this.#pairs,
      body: Buffer.concat(this.#chunks, this.#size),
    });
  }

  onError(error: Error): void {
    if (this.#finish()) this.#told.reject(error);
  }

  #cut(error: Error): void {
    if (!this.#finish()) return;
    this.#told.reject(error);
    this.#call?.abort();
  }

  #finish(): boolean {
    if (this.#over) return false;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#told.over();
    return true;
  }
}
