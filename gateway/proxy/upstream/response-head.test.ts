import assert from "node:assert/strict";
import { test } from "node:test";
import { readHead } from "./response-head.ts";

test("a length that is said twice is passed on once", () => {
  const { pairs } = readHead(
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A: 1\r\ncontent-length: 2\r\nX-A: 2",
    "GET",
  );
  assert.deepEqual(pairs, ["content-length", "2", "x-a", "1", "x-a", "2"]);
  assert.throws(() => readHead("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 02", "GET"));
});

const heads: readonly [head: string, method: string, staysOpen: boolean][] = [
  ["HTTP/1.1 200 OK\r\nContent-Length: 2", "GET", true],
  ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: Close", "GET", false],
  ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", "GET", true],
  ["HTTP/1.1 200 OK", "GET", false],
  ["HTTP/1.1 204 No Content", "GET", true],
  ["HTTP/1.0 200 OK\r\nContent-Length: 2", "GET", false],
  ["HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive", "GET", true],
  ["HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive", "GET", false],
];

for (const [head, method, staysOpen] of heads) {
  test(`after ${JSON.stringify(head)} the connection ${staysOpen ? "may be used again" : "is closed"}`, () => {
    assert.equal(readHead(head, method).keepAlive, staysOpen);
  });
}
