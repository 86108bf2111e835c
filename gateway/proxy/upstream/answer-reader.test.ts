import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AnswerReader } from "./answer-reader.ts";

interface Heard {
  status: number;
  interim: number[];
  body: string;
  trailers: readonly string[];
  ended: boolean;
}

/** Reads an answer in pieces that end at the given positions; throws what the reader throws. */
const read = (answer: string, method = "GET", cuts: readonly number[] = [], closes = true): Heard => {
  const heard: Heard = { status: 0, interim: [], body: "", trailers: [], ended: false };
  const reader = new AnswerReader(method, 1000, {
    onInterim: ({ status }) => heard.interim.push(status),
    onHead: ({ status }) => {
      heard.status = status;
    },
    onData: (data) => {
      heard.body += data.toString("latin1");
    },
    onEnd: (trailers) => {
      heard.ended = true;
      heard.trailers = trailers;
    },
  });
  const bytes = Buffer.from(answer, "latin1");
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let start = 0;
  for (const end of ends) {
    if (end > start) reader.read(bytes.subarray(start, end));
    start = end;
  }
  if (closes) reader.end();
  return heard;
};

const answers: readonly [name: string, method: string, answer: string, status: number, body: string][] = [
  ["a length", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello"],
  ["a length of nothing", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, ""],
  [
    "the same length twice",
    "GET",
    "HTTP/1.1 200\r\ncontent-length: 2\r\nContent-Length: 2\r\n\r\nok",
    200,
    "ok",
  ],
  ["no length: until the end", "GET", "HTTP/1.0 200 OK\r\n\r\nall of it", 200, "all of it"],
  [
    "chunks",
    "GET",
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n02;x="y"\r\nlo\r\n0\r\n\r\n',
    200,
    "hello",
  ],
  [
    "chunks with trailers",
    "GET",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n1\r\na\r\n0\r\nX-A: 1\r\nx-b:2 \r\n\r\n",
    200,
    "a",
  ],
  ["HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, ""],
  ["204", "GET", "HTTP/1.1 204 No Content\r\n\r\n", 204, ""],
  [
    "304 with the length of what it stands for",
    "GET",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
    304,
    "",
  ],
  [
    "answers before the answer",
    "GET",
    "HTTP/1.1 103 Early\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
    200,
    "x",
  ],
  [
    "odd but allowed header values",
    "GET",
    "HTTP/1.1 200 \r\nX-Empty:\r\nX-Latin: \xe9\t\r\nContent-Length:\t1 \r\n\r\nx",
    200,
    "x",
  ],
];

test("an answer is read the same, wherever its bytes are cut", () => {
  for (const [name, method, answer, status, body] of answers) {
    const whole = read(answer, method);
    assert.deepEqual([whole.status, whole.body, whole.ended], [status, body, true], name);
    fc.assert(
      fc.property(fc.array(fc.nat(400), { maxLength: 12 }), (cuts) => {
        assert.deepEqual(read(answer, method, cuts), whole, name);
      }),
      { numRuns: 200 },
    );
    assert.deepEqual(
      read(
        answer,
        method,
        Array.from({ length: answer.length }, (_, i) => i),
      ),
      whole,
      name,
    );
  }
});

test("trailers and answers before the answer are told", () => {
  assert.deepEqual(read(answers[5]?.[2] ?? "").trailers, ["x-a", "1", "x-b", "2"]);
  assert.deepEqual(read(answers[9]?.[2] ?? "").interim, [103, 100]);
});

const refused: readonly [name: string, answer: string][] = [
  ["no status line", "hello\r\n\r\n"],
  ["another protocol", "HTTP/2.0 200 OK\r\n\r\n"],
  ["a status of two digits", "HTTP/1.1 99 Low\r\n\r\n"],
  ["a bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"],
  ["a bare CR in a value", "HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 0\r\n\r\n"],
  ["a NUL", "HTTP/1.1 200 OK\r\nX: a\0\r\nContent-Length: 0\r\n\r\n"],
  ["a folded line", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n"],
  ["a blank before the colon", "HTTP/1.1 200 OK\r\nContent-Length : 0\r\n\r\n"],
  ["a line without a name", "HTTP/1.1 200 OK\r\n: a\r\nContent-Length: 0\r\n\r\n"],
  ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
  ["two lengths in one", "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\na"],
  ["a signed length", "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na"],
  ["a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n"],
  [
    "length and chunks",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  ["another coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"],
  [
    "chunked twice",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  ["a chunk size that is none", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"],
  ["a signed chunk size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n+1\r\na\r\n0\r\n\r\n"],
  [
    "a chunk size with a prefix",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
  ],
  ["a chunk that ends late", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n"],
  ["chunk lines that end with LF", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\na\n0\n\n"],
  ["a trailer that is no field", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nnothing\r\n\r\n"],
  ["more than was asked", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabHTTP/1.1 200 OK\r\n\r\n"],
  ["a body after none", "HTTP/1.1 204 No Content\r\n\r\nx"],
  ["a switch of protocols", "HTTP/1.1 101 Switching Protocols\r\n\r\n"],
  ["a head over the limit", `HTTP/1.1 200 OK\r\nX: ${"a".repeat(2000)}\r\n\r\n`],
  ["a head that never ends", `HTTP/1.1 200 OK\r\nX: ${"a".repeat(2000)}`],
  ["an end in the head", "HTTP/1.1 200 OK\r\nX: a"],
  ["an end in the body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell"],
  ["an end in the chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"],
  ["nothing", ""],
];

test("an answer that could be read in two ways, or is not whole, is refused", () => {
  for (const [name, answer] of refused) {
    assert.throws(() => read(answer), { code: /malformed|closed/ }, name);
    const cuts = Array.from({ length: answer.length }, (_, i) => i);
    assert.throws(() => read(answer, "GET", cuts), { code: /malformed|closed/ }, `${name}, byte by byte`);
  }
});

test("any bytes are read or refused, never anything else", () => {
  const piece = fc.constantFrom(
    "HTTP/1.1 200 OK",
    "\r\n",
    "\r\n\r\n",
    "Content-Length: 3",
    "Transfer-Encoding: chunked",
    "3",
    "0",
    "abc",
    ":",
    " ",
    "\n",
    "\0",
    "\xff",
  );
  fc.assert(
    fc.property(
      fc.array(fc.oneof(piece, fc.string()), { maxLength: 20 }),
      fc.array(fc.nat(200)),
      (pieces, cuts) => {
        try {
          read(pieces.join(""), "GET", cuts);
        } catch (error) {
          assert.match(String((error as { code?: unknown }).code), /^(malformed|closed)$/);
        }
      },
    ),
    { numRuns: 2000 },
  );
});
