import { ConnectionError, flag, frameType, sizeError } from "./frames.ts";

/** Throws where a frame of this kind is not of this stream, or not so long (RFC 9113 §6), whatever came before it. */
export const checkFrame = (type: number, flags: number, stream: number, payload: Buffer): void => {
  const { length } = payload;
  switch (type) {
    case frameType.headers:
      if (stream % 2 === 0) throw new ConnectionError("a stream of a number that is no client's");
      break;
    case frameType.priority:
      if (stream === 0) throw new ConnectionError("a priority of the connection");
      if (length !== 5) throw sizeError();
      break;
    case frameType.reset:
    case frameType.window:
      if (length !== 4) throw sizeError();
      break;
    case frameType.settings:
      if (stream !== 0) throw new ConnectionError("settings of a stream");
      if (flags & flag.ack && length > 0) throw sizeError();
      break;
    case frameType.push:
      throw new ConnectionError("a client pushes");
    case frameType.ping:
      if (stream !== 0) throw new ConnectionError("a ping of a stream");
      if (length !== 8) throw sizeError();
      break;
    case frameType.goaway:
      if (stream !== 0) throw new ConnectionError("a stream says goodbye");
      if (length < 8) throw sizeError();
      break;
  }
};
