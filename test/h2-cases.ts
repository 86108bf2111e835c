/** What frames may not be, and what becomes of them: a table with the sections of RFC 9113 and RFC 7541. */
import { block, code, data, flag, frame, headers, settings, type, uint32 } from "./h2-frames.ts";

export interface H2Case {
  readonly rfc: string;
  readonly name: string;
  /** sent after the settings have been agreed */
  readonly send: readonly Buffer[];
  /** the connection ends with one of these codes */
  readonly ends?: readonly number[];
  /** stream 1 ends with one of these codes, or the whole connection, which may be done instead (§5.4.1) */
  readonly resets?: readonly number[];
  /** stream 1 is answered with one of these, and the connection goes on */
  readonly status?: readonly number[];
  /** Nothing happens, and the connection goes on. */
  readonly ignored?: true;
  /** no request may have reached the upstream */
  readonly notAsked?: true;
}

export const host = "shop.example";
const pseudo = (path = "/api/x", method = "GET"): readonly (readonly [string, string])[] => [
  [":method", method],
  [":scheme", "https"],
  [":authority", host],
  [":path", path],
];
const get = pseudo();
const post = pseudo("/api/x", "POST");
const open = flag.endHeaders;
const both = flag.endHeaders | flag.endStream;

const ends = (rfc: string, name: string, codes: readonly number[], ...send: readonly Buffer[]): H2Case => ({
  rfc: `9113 §${rfc}`,
  name,
  send,
  ends: codes,
});
const resets = (rfc: string, name: string, codes: readonly number[], ...send: readonly Buffer[]): H2Case => ({
  rfc: `9113 §${rfc}`,
  name,
  send,
  resets: codes,
});
const answers = (
  rfc: string,
  name: string,
  status: readonly number[],
  ...send: readonly Buffer[]
): H2Case => ({
  rfc: `9113 §${rfc}`,
  name,
  send,
  status,
});
const ignored = (rfc: string, name: string, ...send: readonly Buffer[]): H2Case => ({
  rfc: `9113 §${rfc}`,
  name,
  send,
  ignored: true,
});
/** A request that is none (§8.1.1): its stream ends, and nobody behind us hears of it. */
const malformed = (rfc: string, name: string, fields: readonly (readonly [string, string])[]): H2Case => ({
  rfc: `9113 §${rfc}`,
  name,
  send: [headers(1, fields)],
  resets: [code.protocol],
  notAsked: true,
});

const { protocol, frameSize, flowControl, streamClosed, compression } = code;

const framesOfWrongSize: readonly H2Case[] = [
  ends(
    "4.2",
    "a frame longer than was agreed",
    [frameSize],
    frame(type.data, 0, 1, Buffer.alloc(0), 16_385),
    Buffer.alloc(16_385),
  ),
  ends(
    "6.5",
    "settings of a length that is no multiple of six",
    [frameSize],
    frame(type.settings, 0, 0, [0, 0, 0]),
  ),
  ends(
    "6.5",
    "an acknowledgement of settings that says something",
    [frameSize],
    frame(type.settings, flag.ack, 0, Buffer.alloc(6)),
  ),
  ends("6.7", "a ping of seven bytes", [frameSize], frame(type.ping, 0, 0, Buffer.alloc(7))),
  ends(
    "6.4",
    "a reset of three bytes",
    [frameSize],
    headers(1, post, open),
    frame(type.reset, 0, 1, [0, 0, 0]),
  ),
  ends("6.9", "a window update of five bytes", [frameSize], frame(type.window, 0, 0, Buffer.alloc(5))),
  ends("6.8", "a goaway of four bytes", [frameSize], frame(type.goaway, 0, 0, Buffer.alloc(4))),
  ends(
    "6.1",
    "padding longer than the frame",
    [protocol],
    headers(1, post, open),
    frame(type.data, flag.padded, 1, [9, 0]),
  ),
  ends(
    "6.2",
    "padding of headers longer than the frame",
    [protocol],
    frame(type.headers, open | flag.padded, 1, [200, 0]),
  ),
];

const framesInWrongPlaces: readonly H2Case[] = [
  ends("6.1", "data for the connection", [protocol], data(0, "x")),
  ends("6.2", "headers for the connection", [protocol], headers(0, get)),
  ends("6.4", "a reset of the connection", [protocol], frame(type.reset, 0, 0, uint32(8))),
  ends("6.5", "settings for a stream", [protocol], frame(type.settings, 0, 1)),
  ends("6.7", "a ping for a stream", [protocol], frame(type.ping, 0, 1, Buffer.alloc(8))),
  ends("6.8", "a goaway for a stream", [protocol], frame(type.goaway, 0, 1, Buffer.alloc(8))),
  ends("6.10", "a continuation of nothing", [protocol], frame(type.continuation, open, 1, block(get))),
  ends(
    "6.10",
    "a continuation of another stream",
    [protocol],
    headers(1, get, 0),
    frame(type.continuation, open, 3),
  ),
  ends("6.2", "data within headers", [protocol], headers(1, get, 0), data(1, "x")),
  ends(
    "6.2",
    "a ping within headers",
    [protocol],
    headers(1, get, 0),
    frame(type.ping, 0, 0, Buffer.alloc(8)),
  ),
  ends("6.2", "an unknown frame within headers", [protocol], headers(1, get, 0), frame(0x40, 0, 1)),
  ends(
    "6.6",
    "a push from a client",
    [protocol],
    headers(1, post, open),
    frame(type.push, open, 1, Buffer.concat([uint32(2), block(get)])),
  ),
  ends("5.1", "data on a stream that was never opened", [protocol, streamClosed], data(1, "x")),
  ends("5.1", "a reset of a stream that was never opened", [protocol], frame(type.reset, 0, 1, uint32(8))),
  ends("5.1", "a window for a stream that was never opened", [protocol], frame(type.window, 0, 1, uint32(1))),
  ends("5.1.1", "a stream of an even number", [protocol], headers(2, get)),
  ends("5.1.1", "a stream older than another", [protocol], headers(5, get), headers(3, get)),
];

const settingsAndWindows: readonly H2Case[] = [
  ends("6.5.2", "ENABLE_PUSH of two", [protocol], settings([2, 2])),
  ends("6.5.2", "a window past all windows", [flowControl], settings([4, 0x80000000])),
  ends("6.5.2", "frames shorter than all must take", [protocol], settings([5, 16_383])),
  ends("6.5.2", "frames longer than can be", [protocol], settings([5, 0x1000000])),
  ignored("6.5.2", "a setting nobody knows", settings([0x77, 1])),
  ends("6.9", "a window that grows by nothing", [protocol], frame(type.window, 0, 0, uint32(0))),
  ends(
    "6.9.1",
    "a window of the connection past its end",
    [flowControl],
    frame(type.window, 0, 0, uint32(0x7fffffff)),
    frame(type.window, 0, 0, uint32(0x7fffffff)),
  ),
  resets(
    "6.9",
    "a window of a stream that grows by nothing",
    [protocol],
    headers(1, post, open),
    frame(type.window, 0, 1, uint32(0)),
  ),
  resets(
    "6.9.1",
    "a window of a stream past its end",
    [flowControl],
    headers(1, post, open),
    frame(type.window, 0, 1, uint32(0x7fffffff)),
  ),
  ignored("4.1", "a frame of a type nobody knows", frame(0x77, 0, 0, Buffer.alloc(20))),
  ignored("4.1", "a reserved bit", frame(type.window, 0, 0x80000000, uint32(1))),
  ignored("4.1", "flags that mean nothing", frame(type.ping, 0xf0, 0, Buffer.alloc(8))),
  ignored(
    "5.3.2",
    "a priority of a stream that is idle",
    frame(type.priority, 0, 9, Buffer.from([0, 0, 0, 0, 16])),
  ),
];

const streams: readonly H2Case[] = [
  answers("8.1", "a request", [200], headers(1, get)),
  answers("8.1", "a request with a body", [200], headers(1, post, open), data(1, "hello")),
  answers(
    "8.1",
    "a body in pieces, an empty one among them",
    [200],
    headers(1, post, open),
    data(1, "he", 0),
    data(1, "", 0),
    data(1, "llo"),
  ),
  answers(
    "6.2",
    "headers in three pieces",
    [200],
    frame(type.headers, flag.endStream, 1, block(get).subarray(0, 5)),
    frame(type.continuation, 0, 1, block(get).subarray(5, 9)),
    frame(type.continuation, open, 1, block(get).subarray(9)),
  ),
  answers(
    "6.2",
    "headers with padding",
    [200],
    frame(
      type.headers,
      both | flag.padded,
      1,
      Buffer.concat([Buffer.from([3]), block(get), Buffer.alloc(3)]),
    ),
  ),
  answers(
    "6.2",
    "headers with a priority",
    [200],
    frame(type.headers, both | flag.priority, 1, Buffer.concat([uint32(0), Buffer.from([15]), block(get)])),
  ),
  answers(
    "6.1",
    "data with padding",
    [200],
    headers(1, post, open),
    frame(type.data, flag.endStream | flag.padded, 1, Buffer.from("\x02hi\0\0", "latin1")),
  ),
  answers(
    "8.1",
    "trailers of a request",
    [200],
    headers(1, post, open),
    data(1, "hello", 0),
    headers(1, [["x-sum", "1"]]),
  ),
  answers("8.2.3", "cookies in crumbs", [200], headers(1, [...get, ["cookie", "a=1"], ["cookie", "b=2"]])),
  answers("8.2.2", "te: trailers", [200], headers(1, [...get, ["te", "trailers"]])),
  answers(
    "8.5",
    "a tunnel",
    [405],
    headers(1, [
      [":method", "CONNECT"],
      [":authority", "other.example:443"],
    ]),
  ),
  answers(
    "8.3.1",
    "a host that is not served",
    [421],
    headers(1, [
      [":method", "GET"],
      [":scheme", "https"],
      [":authority", "other.example"],
      [":path", "/"],
    ]),
  ),
  answers("8.3.1", "a host other than the authority", [400], headers(1, [...get, ["host", "other.example"]])),
  answers(
    "8.3.1",
    "Host in the place of the authority",
    [200],
    headers(1, [
      [":method", "GET"],
      [":scheme", "https"],
      [":path", "/api/x"],
      ["host", host],
    ]),
  ),
  answers("8.3.1", "a path with a fragment", [400], headers(1, pseudo("/api/x#y"))),
  answers("8.3.1", "dot segments", [400], headers(1, pseudo("/api/../a.txt"))),
  answers("8.3.1", "the path * of OPTIONS", [204], headers(1, pseudo("*", "OPTIONS"))),
  resets("5.1", "data after the end of a request", [streamClosed], headers(1, get), data(1, "x")),
  ends(
    "5.1",
    "headers after the end of a request",
    [streamClosed, protocol],
    headers(1, post, open),
    data(1, "x"),
    headers(1, [["a", "b"]]),
  ),
  ignored("5.1", "a reset after the end of a request", headers(3, get), frame(type.reset, 0, 3, uint32(8))),
  resets(
    "8.1.1",
    "a length longer than the body",
    [protocol],
    headers(1, [...post, ["content-length", "9"]], open),
    data(1, "hello"),
  ),
  resets(
    "8.1.1",
    "a length shorter than the body",
    [protocol, code.internal],
    headers(1, [...post, ["content-length", "3"]], open),
    data(1, "hello"),
  ),
  resets("8.1.1", "a length without a body", [protocol], headers(1, [...get, ["content-length", "5"]])),
  resets(
    "8.1",
    "second headers that do not end the request",
    [protocol],
    headers(1, post, open),
    headers(1, [["a", "b"]], open),
  ),
  resets(
    "8.1",
    "trailers with a pseudo-field",
    [protocol],
    headers(1, post, open),
    data(1, "x", 0),
    headers(1, [[":path", "/"]]),
  ),
];

const fields: readonly H2Case[] = [
  malformed("8.2.1", "a name in capitals", [...get, ["X-A", "1"]]),
  malformed("8.2.1", "a name with a space", [...get, ["x-left-out a", "1"]]),
  malformed("8.2.1", "a name with a colon", [...get, ["x-left-out:a", "1"]]),
  malformed("8.2.1", "a name with a NUL", [...get, ["x-left-out\0", "1"]]),
  malformed("8.2.1", "a name with a line end", [...get, ["x-left-out\r\ny", "1"]]),
  malformed("8.2.1", "a name with a byte above ASCII", [...get, ["x-left-out\xe4", "1"]]),
  malformed("8.2.1", "a name that is empty", [...get, ["", "x-left-out"]]),
  malformed("8.2.1", "a value with a line end", [...get, ["x", "x-left-out 1\r\ny: 2"]]),
  malformed("8.2.1", "a value with LF", [...get, ["x", "x-left-out 1\ny: 2"]]),
  malformed("8.2.1", "a value with CR", [...get, ["x", "x-left-out 1\ry"]]),
  malformed("8.2.1", "a value with NUL", [...get, ["x", "x-left-out 1\0"]]),
  malformed("8.2.1", "a value with blanks around it", [...get, ["x", " x-left-out "]]),
  malformed("8.2.2", "connection", [...get, ["connection", "close"]]),
  malformed("8.2.2", "keep-alive", [...get, ["keep-alive", "5"]]),
  malformed("8.2.2", "proxy-connection", [...get, ["proxy-connection", "close"]]),
  malformed("8.2.2", "transfer-encoding", [...get, ["transfer-encoding", "chunked"]]),
  malformed("8.2.2", "upgrade", [...get, ["upgrade", "h2c"]]),
  malformed("8.2.2", "te of another kind", [...get, ["te", "gzip"]]),
  malformed("8.3", "a pseudo-field behind others", [
    [":method", "GET"],
    ["x", "1"],
    [":scheme", "https"],
    [":authority", host],
    [":path", "/api/x"],
  ]),
  malformed("8.3", "a pseudo-field nobody knows", [...get, [":x", "1"]]),
  malformed("8.3", "a pseudo-field of answers", [...get, [":status", "200"]]),
  malformed("8.3.1", "no method", get.slice(1)),
  malformed(
    "8.3.1",
    "no scheme",
    get.filter(([name]) => name !== ":scheme"),
  ),
  malformed(
    "8.3.1",
    "no path",
    get.filter(([name]) => name !== ":path"),
  ),
  malformed("8.3.1", "an empty path", pseudo("")),
  malformed("8.3.1", "a path that does not begin with a slash", pseudo("api/x")),
  malformed("8.3.1", "a path with a space", pseudo("/api/x HTTP/1.1")),
  malformed("8.3.1", "two paths", [...get, [":path", "/api/y"]]),
  malformed("8.3.1", "two methods", [...get, [":method", "POST"]]),
  malformed("8.3.1", "two authorities", [...get, [":authority", host]]),
  malformed("8.3.1", "two hosts", [...get, ["host", host], ["host", host]]),
  malformed(
    "8.3.1",
    "a method that is a request line",
    pseudo("/api/x", "GET /api/smuggled HTTP/1.1\r\nhost: a\r\n\r\nGET"),
  ),
  malformed("8.3.1", "a path with a line end", pseudo("/api/x HTTP/1.1\r\nhost: a\r\n\r\nGET /api/smuggled")),
  malformed("8.3.1", "an authority with a line end", [
    [":method", "GET"],
    [":scheme", "https"],
    [":authority", `${host}\r\nx: y`],
    [":path", "/api/x"],
  ]),
  malformed("8.1.1", "two lengths", [...get, ["content-length", "0"], ["content-length", "0"]]),
  malformed("8.1.1", "a length that is no number", [...get, ["content-length", "0x0"]]),
  malformed("8.1.1", "a length with a sign", [...get, ["content-length", "+0"]]),
  malformed("8.1.1", "a list of lengths", [...get, ["content-length", "0, 0"]]),
];

const tables: readonly H2Case[] = [
  {
    rfc: "7541 §2.3.3",
    name: "the index 0",
    send: [frame(type.headers, both, 1, [0x80])],
    ends: [compression],
  },
  {
    rfc: "7541 §2.3.3",
    name: "an index past the table",
    send: [frame(type.headers, both, 1, [0xff, 0x50])],
    ends: [compression],
  },
  {
    rfc: "7541 §4.2",
    name: "a table larger than was agreed",
    send: [frame(type.headers, both, 1, [0x3f, 0xe1, 0xff, 0x3f])],
    ends: [compression],
  },
  {
    rfc: "7541 §5.2",
    name: "a text longer than its block",
    send: [frame(type.headers, both, 1, [0x00, 0x7f, 0x61])],
    ends: [compression],
  },
  {
    rfc: "7541 §5.2",
    name: "padding that is no padding",
    send: [frame(type.headers, both, 1, [0x00, 0x81, 0x00, 0x01, 0x61])],
    ends: [compression],
  },
  {
    rfc: "7541 §5.1",
    name: "a number without an end",
    send: [frame(type.headers, both, 1, [0xff, ...Array.from({ length: 12 }, () => 0xff)])],
    ends: [compression],
  },
];

export const h2Cases: readonly H2Case[] = [
  ...framesOfWrongSize,
  ...framesInWrongPlaces,
  ...settingsAndWindows,
  ...streams,
  ...fields,
  ...tables,
];
