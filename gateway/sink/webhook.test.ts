import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { askedBy } from "./backoff.ts";
import { sinkContract } from "./sink.contract.ts";
import type { SinkEvent } from "./sink.ts";
import { sinkEvent } from "./test-events.ts";
import { createWebhookSink, type Post } from "./webhook.ts";

const secret = `whsec_${Buffer.from("0123456789abcdef01234567").toString("base64")}`;
const now = 1_769_860_805_432;
const signal = new AbortController().signal;

const post: Post = async (url, { method, headers, body }) => {
  const { "content-length": _, ...rest } = headers;
  const answer = await fetch(url, { method, headers: rest, body, redirect: "manual" });
  return { status: answer.status, headers: Object.fromEntries(answer.headers) };
};

interface Receiver {
  readonly url: string;
  readonly got: { readonly headers: IncomingHttpHeaders; readonly body: string }[];
  answer: (res: ServerResponse) => void;
  close(): void;
}

const startReceiver = async (): Promise<Receiver> => {
  const receiver: Omit<Receiver, "url"> = {
    got: [],
    answer: (res) => void res.writeHead(204).end(),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  const server = createServer(async (req: IncomingMessage, res) => {
    const body = await text(req);
    receiver.answer(res);
    if (res.statusCode < 300 && res.writableEnded) receiver.got.push({ headers: req.headers, body });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  return Object.assign(receiver, { url: `http://127.0.0.1:${port}/hook` });
};

const receiverFor = async (t: TestContext): Promise<Receiver> => {
  const receiver = await startReceiver();
  t.after(() => receiver.close());
  return receiver;
};

const sinkTo = (url: string) => createWebhookSink("hook", { url, secret, post, clock: () => now });

sinkContract("webhook", async () => {
  const receiver = await startReceiver();
  return {
    settings: { type: "webhook", url: receiver.url, secret },
    open: () => sinkTo(receiver.url),
    taken: () =>
      receiver.got.flatMap(({ body }) => (JSON.parse(body) as { data: { events: SinkEvent[] } }).data.events),
    refuse(isRefusing) {
      receiver.answer = (res) => void res.writeHead(isRefusing ? 500 : 200).end();
    },
    close: () => receiver.close(),
  };
});

test("a batch is signed as Standard Webhooks says, over its id, the time and the body", async (t) => {
  const receiver = await receiverFor(t);
  await sinkTo(receiver.url).write([sinkEvent(1), sinkEvent(2)], signal);
  const [{ headers, body } = { headers: {}, body: "" }] = receiver.got;
  const id = String(headers["webhook-id"]);
  assert.match(id, /^batch_[0-9a-f]{32}$/);
  assert.equal(headers["webhook-timestamp"], "1769860805");
  const key = Buffer.from("0123456789abcdef01234567");
  const expected = createHmac("sha256", key).update(`${id}.1769860805.${body}`).digest("base64");
  assert.equal(headers["webhook-signature"], `v1,${expected}`);
  assert.equal(headers["content-type"], "application/json");
  assert.deepEqual(JSON.parse(body), {
    type: "events.stored",
    timestamp: "2026-01-31T12:00:00.002Z",
    data: { events: [sinkEvent(1), sinkEvent(2)] },
  });
});

test("a batch that comes again has the same id and body, another batch has another", async (t) => {
  const receiver = await receiverFor(t);
  const sink = sinkTo(receiver.url);
  for (const batch of [[sinkEvent(1)], [sinkEvent(1)], [sinkEvent(2)]]) await sink.write(batch, signal);
  const [first, second, third] = receiver.got;
  assert.deepEqual(
    [second?.headers["webhook-id"], second?.body],
    [first?.headers["webhook-id"], first?.body],
  );
  assert.notEqual(third?.headers["webhook-id"], first?.headers["webhook-id"]);
});

for (const [status, retryAfter, askedMs] of [
  [429, "7", 7000],
  [503, "Sat, 31 Jan 2026 12:01:05 GMT", 59_568],
  [503, "soon", 0],
  [500, "7", 0],
] as const) {
  test(`${status} with Retry-After: ${retryAfter} asks for a wait of ${askedMs} ms`, async (t) => {
    const receiver = await receiverFor(t);
    receiver.answer = (res) => void res.writeHead(status, { "retry-after": retryAfter }).end();
    await assert.rejects(sinkTo(receiver.url).write([sinkEvent(1)], signal), (error: Error) => {
      assert.match(error.message, new RegExp(`^127\\.0\\.0\\.1:\\d+ answered ${status}$`));
      assert.equal(askedBy(error), askedMs);
      return true;
    });
  });
}

test("a redirect is not followed, and said", async (t) => {
  const receiver = await receiverFor(t);
  receiver.answer = (res) => void res.writeHead(301, { location: "/elsewhere" }).end();
  await assert.rejects(
    sinkTo(receiver.url).write([sinkEvent(1)], signal),
    /answered 301, and redirects are not followed/,
  );
});

test("a receiver that never answers is left when the signal comes", async (t) => {
  const receiver = await receiverFor(t);
  const control = new AbortController();
  receiver.answer = () => control.abort(new Error("the time is up"));
  await assert.rejects(sinkTo(receiver.url).write([sinkEvent(1)], control.signal), /the time is up/);
});
