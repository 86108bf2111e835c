import assert from "node:assert/strict";
import { test } from "node:test";
import { allowedTrailers } from "./trailers.ts";

test("trailers that say what was found out at the end go on", () => {
  const pairs = ["grpc-status", "0", "digest", "sha-256=x", "server-timing", "db;dur=5"];
  assert.deepEqual(allowedTrailers(pairs), pairs);
});

test("what only a head may say is left out of trailers", () => {
  for (const name of [
    "content-length",
    "transfer-encoding",
    "host",
    "connection",
    "trailer",
    "authorization",
    "cookie",
    "set-cookie",
    "content-encoding",
    "content-type",
    "x-forwarded-for",
    "x-experiment",
    "x-request-id",
    "forwarded",
    "upgrade",
    "te",
  ]) {
    assert.deepEqual(allowedTrailers(["a", "1", name, "x", "b", "2"]), ["a", "1", "b", "2"], name);
  }
});
