/**
 * The frames of a websocket: a frame is a hit, as JSON text or as an LZ4 block of it. Each is answered with a frame
 * once its event is on disk: `{"n": 1, "eid": "…"}`, with `rejects` for what could not be read, or `{"n": 1, "error":
 * "…"}`; `n` counts the client's frames. Who the visitor is stands in each frame: the cookies are those of the
 * handshake, however long ago that was.
 */
import type { WebSocket } from "ws";
import type { Upgrade } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import type { Clock } from "../lib/clock.ts";
import type { Site } from "../model/site.ts";
import type { Collector } from "./collector.ts";
import { frameAnswer } from "./frame-answer.ts";
import { unpackLz4 } from "./lz4-block.ts";
import type { CollectRequest, Headers } from "./request.ts";
import type { WebsocketSettings } from "./settings.ts";

export interface FrameOptions {
  readonly collector: Collector;
  readonly settings: WebsocketSettings;
  /** where a hit without a path of its own is taken */
  readonly collectPath: string;
  readonly clock: Clock;
  /** Counts a frame like a request: null lets it pass, a promise that rejects refuses it. */
  readonly admit: (x: Upgrade) => Promise<unknown> | null;
  /** told of what is a fault of ours */
  readonly onError: (error: unknown, x: Upgrade) => void;
  /** The site that takes the frames of this connection; null where none does any more. Its own where it is left out. */
  readonly siteOf?: ((x: Upgrade) => Site | null) | undefined;
}

/** A client that does not read its answers is cut off here. */
const maxUnsentBytes = 1_048_576;

/** The frames of one connection. */
export interface Taken {
  /** Reads no further for now, and resolves once each frame that was read has its answer. */
  answered(): Promise<void>;
}

/**
 * Takes the frames of one connection, each under the options in force; reads no further while too many of them wait for
 * the disk.
 */
export const takeFrames = (client: WebSocket, x: Upgrade, options: () => FrameOptions): Taken => {
  const frameOf = frameMaker(x);
  const pending = new Set<Promise<void>>();
  let n = 0;
  let waits = false; // for the answers alone

  const say = (text: string): void => {
    if (client.readyState !== client.OPEN) return;
    if (client.bufferedAmount > maxUnsentBytes) client.terminate();
    else client.send(text);
  };

  const take = async (frame: Frame, number: number): Promise<void> => {
    const { collector, admit, onError, ...own } = options();
    try {
      await admit(x);
      say(frameAnswer(number, await collector.take(frameOf(frame, own))));
    } catch (error) {
      const isRefusal = error instanceof HttpError;
      if (!isRefusal) onError(error, x);
      const sentence = isRefusal ? error.message : "internal error: send this again later";
      say(JSON.stringify({ n: number, error: sentence }));
    }
  };

  client.on("message", (data, isBinary) => {
    n++;
    const { frameBytes, pendingFrames } = options().settings;
    const bytes = data as Buffer; // of `binaryType` nodebuffer, the default
    const taking = take(isBinary ? unpacked(bytes, frameBytes) : { body: bytes.toString("utf8") }, n);
    pending.add(taking);
    if (pending.size >= pendingFrames) client.pause();
    void taking.then(() => {
      pending.delete(taking);
      if (client.isPaused && !waits && pending.size < pendingFrames) client.resume();
    });
  });

  return {
    async answered() {
      waits = true;
      client.pause();
      await Promise.all(pending);
      waits = false;
      client.resume();
    },
  };
};

/** What a frame holds; one that holds nothing readable is a reject like any other hit. */
type Frame = Pick<CollectRequest, "body" | "unreadable">;

const unpacked = (block: Buffer, frameBytes: number): Frame => {
  const text = unpackLz4(block, frameBytes);
  if (text) return { body: text.toString("utf8") };
  const unreadable = `a binary frame is an LZ4 block of at most ${frameBytes} bytes unpacked, JSON is sent as text`;
  return { body: block, unreadable };
};

type FrameMaker = (
  frame: Frame,
  options: Pick<FrameOptions, "collectPath" | "clock" | "siteOf">,
) => CollectRequest;

/** Makes a request of a frame: what the handshake said, at the time of the frame. */
const frameMaker = (x: Upgrade): FrameMaker => {
  const { "content-encoding": _encoding, ...headers } = x.req.headers as Headers; // requests have no list of set-cookie
  return (frame, { collectPath, clock, siteOf }) => ({
    ...frame,
    site: siteOf?.(x) ?? x.site,
    receivedAt: clock(),
    method: "POST",
    path: collectPath,
    query: "",
    host: x.host,
    secure: x.secure,
    address: x.address,
    headers,
    debugs: false,
    isFrame: true,
  });
};
