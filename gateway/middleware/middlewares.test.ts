import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { createMiddlewares, type MiddlewareParts } from "./middlewares.ts";
import { middlewareFields } from "./settings.ts";

const parts: MiddlewareParts = {
  makeAsker: () => assert.fail("nobody is to be asked"),
  acceptedCodings: () => [],
  random: () => 0,
  clock: () => 0,
  warn: () => {},
  onError: () => {},
};

test("a route that asks for nothing pays nothing: its handler is the one it was", async () => {
  const none = createMiddlewares(z.strictObject(middlewareFields).parse({}), parts);
  const handler = (): void => {};
  const take = (): void => {};
  assert.equal(none.wrap(handler), handler);
  assert.equal(none.frame(handler), handler);
  assert.equal(none.wrapUpgrade(take), take);
  await none.close();
});
