/**
 * The frames of a websocket: a frame is a hit, as JSON text or as an LZ4 block of it. Each is answered with a frame
 * once its event is on disk: `{"n": 1, "eid": "…"}`, or `{"n": 1, "error": "…"}`; `n` counts the client's frames. Who
 * the visitor is stands in each frame: the cookies are those of the handshake, however long ago that was.
 */
import type { WebSocket } from "ws";
import type { Upgrade } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import type { Clock } from "../lib/clock.ts";
import { newId } from "../model/ids.ts";
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
}

/** A client that does not read its answers is cut off here. */
const maxUnsentBytes = 1_048_576;

/** Takes the frames of one connection; reads no further while too many of them wait for the disk. */
export const takeFrames = (client: WebSocket, x: Upgrade, options: FrameOptions): void => {
  const { collector, collectPath, clock, admit, onError } = options;
  const { pendingFrames, frameBytes } = options.settings;
  const frameOf = frameMaker(x, collectPath, clock);
  let n = 0;
  let pending = 0;

  const say = (text: string): void => {
    if (client.readyState !== client.OPEN) return;
    if (client.bufferedAmount > maxUnsentBytes) client.terminate();
    else client.send(text);
  };

  const take = async (body: string, number: number): Promise<void> => {
    pending++;
    if (pending >= pendingFrames) client.pause();
    try {
      await admit(x);
      say(frameAnswer(number, await collector.take(frameOf(body))));
    } catch (error) {
      const isRefusal = error instanceof HttpError;
      if (!isRefusal) onError(error, x);
      const sentence = isRefusal ? error.message : "internal error: send this again later";
      say(JSON.stringify({ n: number, error: sentence }));
    } finally {
      pending--;
      if (client.isPaused && pending < pendingFrames) client.resume();
    }
  };

  client.on("message", (data, isBinary) => {
    n++;
    const bytes = data as Buffer; // of `binaryType` nodebuffer, the default
    const text = isBinary ? unpackLz4(bytes, frameBytes) : bytes;
    if (text) void take(text.toString("utf8"), n);
    else say(JSON.stringify({ n, error: `expected an LZ4 block of at most ${frameBytes} bytes unpacked` }));
  });
};

/** Makes a request of a frame: what the handshake said, at the time of the frame. */
const frameMaker = (x: Upgrade, collectPath: string, clock: Clock): ((body: string) => CollectRequest) => {
  const { "content-encoding": _encoding, ...headers } = x.req.headers as Headers; // requests have no list of set-cookie
  const fallbackId = newId();
  return (body) => ({
    site: x.site,
    receivedAt: clock(),
    method: "POST",
    path: collectPath,
    query: "",
    host: x.host,
    secure: x.secure,
    address: x.address,
    headers,
    body,
    debugs: false,
    fallbackId,
  });
};
