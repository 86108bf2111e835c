import assert from "node:assert/strict";
import { test } from "node:test";
import { HttpError } from "../../http/http-error.ts";
import { writeRequestHead } from "./request-head.ts";

const head = (target: string, pairs: readonly string[]) =>
  writeRequestHead({ method: "GET", target, host: "up:80", pairs }, false);

test("a head is a line for each field, with a host", () => {
  assert.equal(
    head("/a?b", ["x-a", "1", "x-b", ""]),
    "GET /a?b HTTP/1.1\r\nhost: up:80\r\nx-a: 1\r\nx-b: \r\nconnection: keep-alive\r\n\r\n",
  );
  assert.equal(head("/", ["host", "shop"]), "GET / HTTP/1.1\r\nhost: shop\r\nconnection: keep-alive\r\n\r\n");
});

test("nothing in a field or a target can begin a line of its own", () => {
  const bad = ["a\r\nx: y", "a\ny", "a\ry", "a\0", "\u0100", "a\r\n\r\nGET / HTTP/1.1"];
  for (const text of bad) {
    assert.throws(() => head("/", ["x", text]), HttpError, JSON.stringify(text));
    assert.throws(() => head("/", [text, "x"]), HttpError, JSON.stringify(text));
    assert.throws(() => head(`/${text}`, []), HttpError, JSON.stringify(text));
  }
  assert.throws(() => head("/ HTTP/1.1", []), HttpError);
});
