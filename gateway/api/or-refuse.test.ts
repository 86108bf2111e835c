import assert from "node:assert/strict";
import { test } from "node:test";
import { HttpError } from "../http/http-error.ts";
import { orRefuse } from "./or-refuse.ts";

test("what could not be done is a refusal with its sentence; a fault of the code stays one", async () => {
  assert.equal(await orRefuse(async () => 7), 7);
  const full = orRefuse(() => Promise.reject(new Error("the disk is full")));
  await assert.rejects(full, { name: "HttpError", status: 409, message: "the disk is full" });
  for (const error of [new HttpError(400, "name: expected a text"), new TypeError("x is not a function")])
    await assert.rejects(
      orRefuse(() => Promise.reject(error)),
      (thrown) => thrown === error,
    );
});
