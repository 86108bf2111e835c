import assert from "node:assert/strict";
import { test } from "node:test";
import { readAnswers } from "./lean-answer.ts";

const whole = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: keep-alive\r\n\r\na page";

test("an answer is there with its last byte, however its bytes come", () => {
  const reader = readAnswers();
  for (const byte of whole.slice(0, -1)) assert.equal(reader.read(byte), null);
  assert.ok(reader.hasPart());
  const answer = reader.read("e");
  assert.deepEqual([answer?.status, answer?.body, answer?.isLast], [200, "a page", false]);
  assert.ok(!reader.hasPart());
});

test("answers follow one another, and the last one says so", () => {
  const reader = readAnswers();
  assert.equal(reader.read(whole)?.isLast, false);
  assert.equal(reader.read(whole.replace("keep-alive", "close"))?.isLast, true);
});

test("what is no answer, has no length, or more bytes than it promised is refused", () => {
  const refused = {
    "no answer": "SSH-2.0-other\r\n\r\n",
    "unknown length": "HTTP/1.1 200 OK\r\n\r\n",
    "bytes behind": `${whole}HTTP/1.1`,
  };
  for (const [why, bytes] of Object.entries(refused)) {
    assert.throws(() => readAnswers().read(bytes), new RegExp(why));
  }
});
