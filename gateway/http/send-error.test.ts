import assert from "node:assert/strict";
import { test } from "node:test";
import { HttpError } from "./http-error.ts";
import { sendError } from "./send-error.ts";
import { ask, exchangeBytes, serve } from "./test-server.ts";

test("a refusal is its sentence, as plain text, with its headers", async () => {
  const server = await serve(() => {
    throw new HttpError(429, "too many", { headers: { "retry-after": "7" }, cause: new Error("secret") });
  });
  const answer = await ask(server.port, "GET /");
  const head = await ask(server.port, "HEAD /");
  await server.close();
  assert.equal(answer.status, 429);
  assert.equal(answer.body, "too many\n");
  assert.equal(answer.headers.get("content-type"), "text/plain; charset=utf-8");
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
  assert.equal(answer.headers.get("retry-after"), "7");
  assert.equal(head.headers.get("content-length"), "9");
  assert.equal(head.body, "");
});

test("a connection goes on after a refusal of a request without a body", async () => {
  const server = await serve((x) => {
    if (x.path === "/no") throw new HttpError(404, "nothing here");
    x.res.end("yes");
  });
  const text = await exchangeBytes(
    server.port,
    "GET /no HTTP/1.1\r\nHost: a\r\n\r\nGET /yes HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
  );
  await server.close();
  assert.match(text, /404[\s\S]*nothing here\n[\s\S]*200[\s\S]*yes/);
});

test("an unread body is not taken for the next request", async () => {
  const paths: string[] = [];
  const server = await serve((x) => {
    paths.push(x.path);
    throw new HttpError(403, "no");
  });
  const smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
  const text = await exchangeBytes(
    server.port,
    `POST /first HTTP/1.1\r\nHost: a\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
  );
  await server.close();
  assert.deepEqual(paths, ["/first"]);
  assert.equal(text.match(/HTTP\/1\.1 403/g)?.length, 1);
});

test("once an answer has begun, the connection is cut", async () => {
  const server = await serve((x) => {
    x.res.writeHead(200, { "content-length": "10" });
    x.res.write("12345", () => sendError(x, new HttpError(500, "late")));
  });
  const text = await exchangeBytes(server.port, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  await server.close();
  assert.match(text, /12345$/);
});
