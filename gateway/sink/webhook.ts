/** Posts each batch as JSON, signed; any 2xx means that it has been taken. */
import type { Clock } from "../lib/clock.ts";
import { readRetryAfter } from "./retry-after.ts";
import { batchId, signatureHeaders } from "./sign.ts";
import { type Sink, SinkBusy, type SinkEvent } from "./sink.ts";

export interface PostAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Sends a request to a server outside; rejects with one sentence where there is no answer. */
export type Post = (
  url: string,
  request: {
    readonly method: "POST";
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  },
) => Promise<PostAnswer>;

export interface WebhookOptions {
  readonly url: string;
  readonly secret: string;
  readonly post: Post;
  readonly clock: Clock;
}

export const createWebhookSink = (id: string, { url, secret, post, clock }: WebhookOptions): Sink => ({
  id,
  async write(batch, signal) {
    signal.throwIfAborted();
    const body = bodyOf(batch);
    const timestamp = Math.floor(clock() / 1000);
    const headers = {
      "content-type": "application/json",
      "content-length": String(Buffer.byteLength(body)),
      "user-agent": "turnpike",
      ...signatureHeaders(secret, { id: batchId(batch), timestamp, body }),
    };
    judge(await orAborted(post(url, { method: "POST", headers, body }), signal), new URL(url).host, clock());
  },
});

/** The same for the same events: a receiver may compare what comes again. */
const bodyOf = (batch: readonly SinkEvent[]): string => {
  const newest = Math.max(...batch.map(({ received_at: at }) => Number(at ?? 0)));
  return JSON.stringify({
    type: "events.stored",
    timestamp: new Date(newest).toISOString(),
    data: { events: batch },
  });
};

const judge = ({ status, headers }: PostAnswer, host: string, now: number): void => {
  if (status >= 200 && status < 300) return;
  if (status === 429 || status === 503) {
    const asked = headers["retry-after"];
    throw new SinkBusy(
      `${host} answered ${status}`,
      readRetryAfter(typeof asked === "string" ? asked : undefined, now),
    );
  }
  const hint =
    status >= 300 && status < 400 ? ", and redirects are not followed: name where it leads to" : "";
  throw new Error(`${host} answered ${status}${hint}`);
};

/** The request ends by its own time limit; nobody waits for it once the signal has come. */
const orAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
