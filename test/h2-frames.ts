/** HTTP/2 by hand: frames as bytes over TLS, right ones and wrong ones (RFC 9113 §4, §6). */
import { connect } from "node:tls";

export const type = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
} as const;

export const flag = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

export const code = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refused: 7,
  cancel: 8,
  compression: 9,
  calm: 11,
} as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export const frame = (
  kind: number,
  flags: number,
  stream: number,
  payload: Buffer | readonly number[] = [],
  length = payload.length,
): Buffer => {
  const head = Buffer.alloc(9);
  head.writeUIntBE(length, 0, 3);
  head[3] = kind;
  head[4] = flags;
  head.writeUInt32BE(stream >>> 0, 5);
  return Buffer.concat([head, Buffer.from(payload)]);
};

export const uint32 = (n: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(n >>> 0);
  return bytes;
};

export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export const settings = (...pairs: readonly (readonly [id: number, value: number])[]): Buffer =>
  frame(
    type.settings,
    0,
    0,
    Buffer.concat(pairs.map(([id, value]) => Buffer.concat([Buffer.from([0, id]), uint32(value)]))),
  );

type Fields = readonly (readonly [name: string, value: string])[];

/** A block of fields, each written out, nothing compressed (RFC 7541 §6.2.2). */
export const block = (fields: Fields): Buffer =>
  Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value, "latin1");
  const length: number[] = [Math.min(bytes.length, 127)];
  if (bytes.length >= 127) {
    let left = bytes.length - 127;
    for (; left >= 128; left = Math.floor(left / 128)) length.push((left % 128) + 128);
    length.push(left);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
};

export const headers = (
  stream: number,
  fields: Fields,
  flags: number = flag.endHeaders | flag.endStream,
): Buffer => frame(type.headers, flags, stream, block(fields));

export const data = (stream: number, body: string, flags: number = flag.endStream): Buffer =>
  frame(type.data, flags, stream, Buffer.from(body, "latin1"));

/** The status of a block of an answer, whose sender was told to keep no table (RFC 7541 §6). */
export const statusOf = ({ payload }: Frame): number => {
  let at = 0;
  while (((payload[at] ?? 0) & 0xe0) === 0x20) at++; // the size of the table, which is none
  const first = payload[at] ?? 0;
  if (first & 0x80) return [200, 204, 206, 304, 400, 404, 500][(first & 0x7f) - 8] ?? 0;
  const length = payload[at + 1] ?? 0;
  const value = payload.subarray(at + 2, at + 2 + (length & 0x7f));
  return Number(length & 0x80 ? digits(value) : value.toString("latin1"));
};

/** Digits in the code of RFC 7541, appendix B: 0 to 2 take five bits, the others six. */
const digits = (bytes: Buffer): string => {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  let found = "";
  for (let at = 0; found.length < 3; ) {
    const five = Number.parseInt(bits.slice(at, at + 5), 2);
    const six = Number.parseInt(bits.slice(at, at + 6), 2);
    found += five < 3 ? five : six - 0x16;
    at += five < 3 ? 5 : 6;
  }
  return found;
};

export interface H2Line {
  readonly frames: readonly Frame[];
  write(...bytes: readonly Buffer[]): void;
  /** Resolves with the first frame that fits, or null when the gateway closes before. */
  next(fits: (frame: Frame) => boolean): Promise<Frame | null>;
  /** a round trip: what was written before has been read; false where the gateway closes instead */
  roundTrip(): Promise<boolean>;
  readonly isClosed: () => boolean;
  close(): void;
}

const patienceMs = 10_000;

/** A connection on which HTTP/2 was agreed, and nothing said. */
export const h2Line = async (port: number): Promise<H2Line> => {
  const socket = connect({ port, host: "127.0.0.1", ALPNProtocols: ["h2"], rejectUnauthorized: false });
  const frames: Frame[] = [];
  const looking = new Set<() => void>();
  let unread = Buffer.alloc(0);
  let isClosed = false;
  let pings = 0;
  const look = (): void => {
    for (const one of looking) one();
  };
  socket.on("data", (bytes: Buffer) => {
    unread = Buffer.concat([unread, bytes]);
    for (let length = wholeFrame(unread); length > 0; length = wholeFrame(unread)) {
      frames.push(readFrame(unread, length));
      unread = unread.subarray(length);
    }
    look();
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    isClosed = true;
    look();
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
  });
  const next: H2Line["next"] = (fits) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        looking.delete(check);
        reject(
          new Error(`no such frame among ${frames.map((one) => `${one.type}/${one.stream}`).join(" ")}`),
        );
      }, patienceMs);
      const check = (): void => {
        const found = frames.find(fits);
        if (!found && !isClosed) return;
        looking.delete(check);
        clearTimeout(timer);
        resolve(found ?? null);
      };
      looking.add(check);
      check();
    });
  const write: H2Line["write"] = (...bytes) => {
    if (!isClosed) socket.write(Buffer.concat(bytes));
  };
  return {
    frames,
    write,
    next,
    async roundTrip() {
      const mark = Buffer.alloc(8);
      mark.writeUInt32BE(0xabc00000 + ++pings, 0);
      write(frame(type.ping, 0, 0, mark));
      return (await next((one) => one.type === type.ping && one.payload.equals(mark))) !== null;
    },
    isClosed: () => isClosed,
    close: () => socket.destroy(),
  };
};

const wholeFrame = (bytes: Buffer): number => {
  if (bytes.length < 9) return 0;
  const length = 9 + bytes.readUIntBE(0, 3);
  return length <= bytes.length ? length : 0;
};

const readFrame = (bytes: Buffer, length: number): Frame => ({
  type: bytes[3] ?? 0,
  flags: bytes[4] ?? 0,
  stream: bytes.readUInt32BE(5) & 0x7fffffff,
  payload: Buffer.from(bytes.subarray(9, length)),
});

/** The same after the preface, with settings that make answers easy to read: no table of fields. */
export const openH2 = async (
  port: number,
  ...pairs: readonly (readonly [number, number])[]
): Promise<H2Line> => {
  const line = await h2Line(port);
  line.write(preface, settings([1, 0], ...pairs));
  await line.next((one) => one.type === type.settings && (one.flags & flag.ack) === 0);
  line.write(frame(type.settings, flag.ack, 0));
  await line.roundTrip();
  return line;
};
