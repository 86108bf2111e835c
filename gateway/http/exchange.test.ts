import assert from "node:assert/strict";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { test } from "node:test";
import { compose, type Layer, requestHeader } from "./exchange.ts";
import { requestId } from "./request-id.ts";
import { testExchange } from "./test-server.ts";

const exchange = () => {
  const req = new IncomingMessage(new Socket());
  return testExchange(req, new ServerResponse(req));
};

test("the first layer is the outermost", () => {
  const steps: string[] = [];
  const layer =
    (name: string): Layer =>
    (next) =>
    (x) => {
      steps.push(name);
      return next(x);
    };
  void compose([layer("first"), layer("second")], () => void steps.push("handler"))(exchange());
  assert.deepEqual(steps, ["first", "second", "handler"]);
});

test("a request header is what the edits make of it", () => {
  const x = exchange();
  x.req.headers["accept-encoding"] = "br";
  x.req.headers["range"] = "bytes=0-1";
  x.req.headers["set-cookie"] = ["a", "b"];
  x.requestEdits.set("range", null).set("accept-encoding", "identity").set("x-new", "1");
  assert.deepEqual(
    ["range", "accept-encoding", "x-new", "set-cookie", "cookie"].map((name) => requestHeader(x, name)),
    [undefined, "identity", "1", "a, b", undefined],
  );
});

test("a request keeps its id, another one has another", () => {
  const x = exchange();
  assert.equal(requestId(x), requestId(x));
  assert.notEqual(requestId(x), requestId(exchange()));
});
