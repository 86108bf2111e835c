/** The first bytes of an encrypted connection, looked at before Node reads them. */
import type { Socket } from "node:net";

const lookedAtMs = 10_000;
const helloBytes = 16_384; // the longest record of TLS, and so of a first message that is sent in one

/** Reads the first message, puts it back, and hands it over; a client that sends none in 10 s is cut. */
export const readHello = (socket: Socket, tell: (hello: Buffer) => void): void => {
  const chunks: Buffer[] = [];
  const timer = setTimeout(() => socket.destroy(), lookedAtMs);
  const stop = (): void => {
    clearTimeout(timer);
    socket.off("readable", read).off("close", stop).off("error", stop);
  };
  const read = (): void => {
    for (let chunk: Buffer | null = socket.read(); chunk !== null; chunk = socket.read()) chunks.push(chunk);
    const hello = Buffer.concat(chunks);
    if (!isWhole(hello) && !socket.readableEnded) return;
    stop();
    socket.unshift(hello);
    tell(hello);
  };
  socket.on("readable", read).on("close", stop).on("error", stop);
};

/** The first record is there to its end; what is no TLS is as whole as it gets. */
const isWhole = (bytes: Buffer): boolean => {
  if (bytes.length < 5) return bytes.length > 0 && bytes[0] !== 0x16;
  return bytes[0] !== 0x16 || bytes.length >= Math.min(5 + bytes.readUInt16BE(3), helloBytes);
};

/**
 * The host that a first message names (RFC 6066 §3), in lower case; null where it names none, or cannot be read in one
 * record.
 */
export const hostIn = (hello: Buffer): string | null => {
  try {
    return readHost(hello);
  } catch {
    return null; // a RangeError: it ends before it should
  }
};

const readHost = (hello: Buffer): string | null => {
  if (hello[0] !== 0x16 || hello[5] !== 0x01) return null;
  let at = 5 + 4 + 2 + 32; // record, message, version, random
  at += 1 + hello.readUInt8(at); // session
  at += 2 + hello.readUInt16BE(at); // ciphers
  at += 1 + hello.readUInt8(at); // compression
  const end = at + 2 + hello.readUInt16BE(at);
  at += 2;
  while (at + 4 <= end) {
    const type = hello.readUInt16BE(at);
    const length = hello.readUInt16BE(at + 2);
    if (type === 0) return nameIn(hello.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return null;
};

/** A list of names, of which there is one: its kind is 0, a host. */
const nameIn = (list: Buffer): string | null => {
  if (list.readUInt8(2) !== 0) return null;
  const length = list.readUInt16BE(3);
  return namedHost(list.toString("latin1", 5, 5 + length));
};

/** The host that a name in a first message means: some clients leave the dot at its end (RFC 6066 §3 has none). */
export const namedHost = (name: string): string => name.toLowerCase().replace(/\.$/, "");
