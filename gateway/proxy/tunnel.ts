/**
 * A websocket through the gateway: the handshake goes to the upstream as it came, and once it has agreed (101), bytes go
 * both ways untouched, each side at the pace of the other. No time is set on an open one.
 */
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { STATUS_CODES } from "../lib/node-http.ts";
import { upstreamFailure } from "./failure.ts";
import { dropHopByHop, dropNominated, type HeaderPairs } from "./header-pairs.ts";
import { applyHeaderRules, type CompiledRules } from "./header-rules.ts";
import { joinSockets } from "./join-sockets.ts";
import { naming } from "./relay.ts";
import type { Tunnels } from "./tunnels.ts";
import { AnswerReader } from "./upstream/answer-reader.ts";
import type { Endpoint } from "./upstream/endpoint.ts";
import { type UpstreamRequest, writeUpgradeHead } from "./upstream/request-head.ts";
import { type AnswerHead, readHead } from "./upstream/response-head.ts";
import { UpstreamError } from "./upstream/upstream-error.ts";

/** How long the client may take to close after a refusal, or after we have given up. */
const lingerMs = 30_000;

export interface TunnelOptions {
  readonly endpoint: Endpoint;
  readonly request: UpstreamRequest;
  readonly client: Duplex;
  /** what the client sent behind its handshake */
  readonly head: Buffer;
  readonly settings: { readonly connectMs: number; readonly firstByteMs: number; readonly headBytes: number };
  readonly tunnels: Tunnels;
  readonly rules: CompiledRules | null;
  /** the request's id */
  readonly id: string;
  /** The upstream answers. */
  readonly onOpen: () => void;
  /** It gave no answer: true where the handshake goes to another one, with the client's socket. */
  readonly retry: (error: Error) => boolean;
  /** told of what the client is told */
  readonly onError: (error: Error) => void;
}

/** Throws 400 where the request cannot be sent on; all else is answered on the client's socket. */
export const openTunnel = (options: TunnelOptions): void => {
  const { client, endpoint, settings } = options;
  const handshake = writeUpgradeHead(options.request);
  let early: Buffer[] = [];
  const intake = createIntake((bytes) => guarded(() => readAnswer(bytes)));
  let over = false;
  /** The client has the upstream's answer, or the beginning of it: from then on a failure can only cut. */
  let answered = false;
  /** The client was told that there is no answer. */
  let told = false;

  const close = (): void => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    options.tunnels.delete(close);
    upstream.destroy();
    client.destroy();
  };

  /** One side has ended: the other has a while to follow. */
  const endSoon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(close, lingerMs).unref();
  };

  /** The upstream failed before it agreed: another is asked, or the client told in HTTP. */
  const fail = (error: Error): void => {
    if (over || told) return;
    if (answered) {
      close();
      return;
    }
    clearTimeout(timer);
    if (!client.destroyed && options.retry(error)) {
      letGo();
      upstream.on("error", () => {}).destroy();
      return;
    }
    told = true;
    options.onError(error);
    const { status, message, headers } = upstreamFailure(error);
    const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const sentence = `${message} (request ${options.id})\n`;
    client.end(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
        `X-Request-Id: ${options.id}\r\n${fields.join("")}` +
        `Content-Length: ${Buffer.byteLength(sentence)}\r\nConnection: close\r\n\r\n${sentence}`,
      () => close(),
    );
    upstream.destroy();
    endSoon();
  };

  const answerPairs = (pairs: HeaderPairs): HeaderPairs =>
    naming(dropHopByHop(dropNominated(pairs)), { id: options.id });

  const readAnswer = (bytes: Buffer): void => {
    early.push(Buffer.from(bytes));
    const all = Buffer.concat(early);
    const end = all.indexOf("\r\n\r\n");
    if (end < 0 ? all.length > settings.headBytes : end > settings.headBytes)
      throw new UpstreamError("malformed", `proxy: the upstream's head is over ${settings.headBytes} bytes`);
    if (end < 0) {
      early = [all];
      return;
    }
    clearTimeout(timer);
    const head = readHead(all.toString("latin1", 0, end), "GET");
    if (head.status === 101) join(head, all.subarray(end + 4));
    else refuse(all);
  };

  const join = (head: AnswerHead, rest: Buffer): void => {
    options.onOpen();
    const pairs = applyHeaderRules(answerPairs(head.pairs), options.rules);
    client.write(headText(101, [...pairs, "connection", "Upgrade", "upgrade", "websocket"]), "latin1");
    if (rest.length > 0) client.write(rest);
    letGo();
    intake.take = joinSockets(client, upstream, options.tunnels, endpoint.url);
    if (options.head.length > 0) upstream.write(options.head);
    client.resume();
  };

  /** What only the handshake needs: it would be kept for as long as the websocket is open. */
  const letGo = (): void => {
    over = true;
    options.tunnels.delete(close);
    upstream.off("error", fail).off("end", endClient).off("close", upstreamClosed);
    client.off("drain", resumeUpstream).off("error", close).off("close", close);
  };

  /** Another answer than 101: the client gets it, and its connection ends. */
  const refuse = (all: Buffer): void => {
    options.onOpen();
    answered = true;
    const reader = new AnswerReader("GET", settings.headBytes, {
      onInterim: () => {},
      onHead: ({ status, pairs, framing }) => {
        const kept = applyHeaderRules(answerPairs(pairs), options.rules);
        const length = framing.kind === "none" ? ["content-length", "0"] : [];
        const own = kept.includes("content-length") ? [] : length;
        client.write(headText(status, [...kept, ...own, "connection", "close"]), "latin1");
      },
      onData: (bytes) => {
        if (!client.write(Buffer.from(bytes))) upstream.pause();
      },
      onEnd: () => {
        client.end(() => close());
        endSoon();
      },
    });
    intake.take = (bytes) => guarded(() => reader.read(bytes));
    upstream.on("end", () => guarded(() => reader.end()));
    reader.read(all);
  };

  const guarded = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      fail(error as Error);
    }
  };

  // Before an answer it is no end but a failure, which the close that follows tells.
  const endClient = (): void => {
    if (!answered) return;
    client.end();
    endSoon();
  };

  const upstreamClosed = (): void => {
    if (!answered) fail(new UpstreamError("closed", "proxy: the upstream hung up"));
    else client.end(() => close());
  };

  const resumeUpstream = (): void => void upstream.resume();

  const upstream: Socket = endpoint.connect(intake.onBytes);
  let timer = setTimeout(
    () => fail(new UpstreamError("connect-timeout", `proxy: no connection within ${settings.connectMs} ms`)),
    settings.connectMs,
  );
  options.tunnels.add(close, endpoint.url);
  upstream.setNoDelay(true);
  upstream.once(endpoint.opened, () => {
    clearTimeout(timer);
    timer = setTimeout(
      () => fail(new UpstreamError("head-timeout", `proxy: no answer within ${settings.firstByteMs} ms`)),
      settings.firstByteMs,
    );
    upstream.write(handshake, "latin1");
  });
  upstream.on("error", fail).on("end", endClient).on("close", upstreamClosed);
  client.on("drain", resumeUpstream).on("error", close).on("close", close);
};

interface Intake {
  /** what becomes of the bytes that come */
  take: (bytes: Buffer) => void;
  readonly onBytes: (bytes: Buffer) => void;
}

/** The connection keeps the function that it tells of bytes: this one knows nothing but who takes them now. */
const createIntake = (first: (bytes: Buffer) => void): Intake => {
  const intake: Intake = { take: first, onBytes: (bytes) => intake.take(bytes) };
  return intake;
};

const headText = (status: number, pairs: HeaderPairs): string => {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n`;
  for (let i = 0; i < pairs.length; i += 2) head += `${pairs[i]}: ${pairs[i + 1]}\r\n`;
  return `${head}\r\n`;
};
