/** What both sides say of themselves at the start, and at the end (RFC 9113 §6.5, §6.8). */
import {
  ConnectionError,
  code,
  frameBytes,
  frameHead,
  frameType,
  mostWindow,
  sizeError,
  uint32,
  windowFrame,
} from "./frames.ts";

const setting = { push: 2, streams: 3, window: 4, frameSize: 5, listSize: 6 } as const;

export const streamsAtOnce = 128;
/** of bodies, on all streams together, bytes */
export const connectionWindow = 1024 * 1024;

/** The first that a client hears: how many streams, how large the windows, how much of fields. */
export const openingFrames = (streamWindow: number, headerBytes: number): string =>
  settingsFrame([
    [setting.streams, streamsAtOnce],
    [setting.window, streamWindow],
    [setting.listSize, headerBytes * 2],
  ]) + windowFrame(0, connectionWindow - 65_535);

const settingsFrame = (settings: readonly (readonly [name: number, value: number])[]): string => {
  let written = frameHead(settings.length * 6, frameType.settings, 0, 0);
  for (const [name, value] of settings) written += `\0${String.fromCharCode(name)}${uint32(value)}`;
  return written;
};

/**
 * The window of each stream, if the client sets one; throws where a setting is out of its range. What else it says is of
 * no consequence to us: we push nothing, remember no fields, and send no frame that is longer than all must take.
 */
export const windowIn = (payload: Buffer): number | null => {
  if (payload.length % 6 !== 0) throw sizeError();
  let window: number | null = null;
  for (let at = 0; at < payload.length; at += 6) {
    const name = payload.readUInt16BE(at);
    const value = payload.readUInt32BE(at + 2);
    if (name === setting.push && value > 1) throw new ConnectionError("ENABLE_PUSH is neither 0 nor 1");
    if (name === setting.frameSize && (value < frameBytes || value > 0xffffff))
      throw new ConnectionError("MAX_FRAME_SIZE is out of its range");
    if (name !== setting.window) continue;
    if (value > mostWindow)
      throw new ConnectionError("INITIAL_WINDOW_SIZE is out of its range", code.flowControl);
    window = value;
  }
  return window;
};

export const goawayFrame = (last: number, kind: number): string =>
  frameHead(8, frameType.goaway, 0, 0) + uint32(last) + uint32(kind);
