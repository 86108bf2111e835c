import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { exchangeBytes } from "../gateway/http/test-server.ts";
import { ask } from "./ask.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { storedNamed } from "./stored.ts";

let gateway: Gateway;
before(async () => {
  gateway = await startGateway();
});
after(() => gateway?.close());

/** It answers and stores as if nothing had been. */
const assertGoesOn = async (): Promise<void> => {
  const before = storedNamed(gateway.data, "still-here").length;
  assert.equal((await ask(`${gateway.url}/tr/v1/?ename=still-here`)).status, 200);
  assert.equal(storedNamed(gateway.data, "still-here").length, before + 1);
};

const malformed: readonly (readonly [name: string, bytes: string | Buffer, status: number])[] = [
  ["no HTTP at all", "hello there\r\n\r\n", 400],
  ["a TLS hello", Buffer.from([0x16, 0x03, 0x01, 0x00, 0x05, 0x01, 0x00, 0x00, 0x01, 0x03]), 400],
  ["no Host", "GET / HTTP/1.1\r\n\r\n", 400],
  ["two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400],
  [
    "two lengths",
    "POST /tr/v1/ HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    400,
  ],
  [
    "a length and chunks",
    "POST /tr/v1/ HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    400,
  ],
  [
    "a chunk size that is none",
    "POST /tr/v1/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    400,
  ],
  ["a negative length", "POST /tr/v1/ HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400],
  ["a space in a header's name", "GET / HTTP/1.1\r\nHost: a\r\nX y: 1\r\n\r\n", 400],
  ["headers of 100 KB", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"y".repeat(100_000)}\r\n\r\n`, 431],
  ["a tunnel", "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n", 405],
  ["another authority than Host", "GET http://b.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n", 400],
];
for (const [name, bytes, status] of malformed) {
  test(`${name} is answered with ${status}, and the connection closed`, async () => {
    const answer = await exchangeBytes(gateway.ports.http, bytes);
    assert.equal(answer.split(" ")[1], String(status), answer);
    assert.doesNotMatch(answer, /node:|at .*\.ts|Error/, "nothing of the inside is told");
    await assertGoesOn();
  });
}

test("a client that hangs up in the middle of a body leaves no event and no trouble", async () => {
  await exchangeBytes(
    gateway.ports.http,
    "POST /tr/v1/?ename=half HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\nExpect: 100-continue\r\n\r\n{",
    "100 Continue",
  );
  await assertGoesOn();
  assert.equal(storedNamed(gateway.data, "half").length, 0);
});
