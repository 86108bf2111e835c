import assert from "node:assert/strict";
import { test } from "node:test";
import { createBodyRoom } from "./body-room.ts";
import { HttpError } from "./http-error.ts";
import { readBody, readingInto } from "./read-body.ts";
import { ask, connectTo, exchangeBytes, serve } from "./test-server.ts";

const echo = (maxBytes: number) =>
  serve(async (x) => {
    const body = await readBody(x.req, maxBytes);
    x.res.end(`${body.length}:${body.toString("latin1")}`);
  });

test("a body up to the limit is read whole, in either framing", async () => {
  const server = await echo(10);
  const counted = await ask(server.port, "POST /\nContent-Length: 10", "0123456789");
  const chunked = await ask(
    server.port,
    "POST /\nTransfer-Encoding: chunked",
    "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
  );
  const none = await ask(server.port, "POST /\nContent-Length: 0");
  await server.close();
  assert.equal(counted.body, "10:0123456789");
  assert.match(chunked.body, /5:abcde/);
  assert.match(none.body, /0:/);
});

test("a body over the limit is refused with 413 that the client gets to read, in either framing", async () => {
  const server = await echo(10);
  const big = "x".repeat(2_000_000);
  const counted = await ask(server.port, `POST /\nContent-Length: ${big.length}`, big);
  const chunked = await ask(
    server.port,
    "POST /\nTransfer-Encoding: chunked",
    `${big.length.toString(16)}\r\n${big}\r\n0\r\n\r\n`,
  );
  await server.close();
  for (const answer of [counted, chunked]) {
    assert.equal(answer.status, 413);
    assert.equal(answer.headers.get("connection"), "close");
    assert.equal(answer.body, "body over 10 bytes: send less, or raise limits.bodyBytes\n");
  }
});

test("a client that leaves in the middle of its body makes reading fail, not wait", async () => {
  let outcome: (error: unknown) => void = () => {};
  const failed = new Promise<unknown>((resolve) => {
    outcome = resolve;
  });
  let arrived: () => void = () => {};
  const begun = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const server = await serve((x) => {
    arrived();
    return readBody(x.req, 100).then(outcome, outcome);
  });
  const socket = await connectTo(server.port);
  socket.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50\r\n\r\nhalf");
  await begun;
  socket.destroy();
  const error = await failed;
  await server.close();
  assert.ok(error instanceof HttpError);
  assert.equal(error.status, 400);
});

test("where the memory for bodies is full, the oldest unfinished one makes room with 503; a whole one has it until it is answered", async () => {
  const room = createBodyRoom(100);
  const read = readingInto(room);
  const answers: (() => void)[] = [];
  const server = await serve(async (x) => {
    const body = await read(x, 100);
    await new Promise<void>((resolve) => answers.push(resolve));
    x.res.end(String(body.length));
  });
  const send = (length: number, body: string) =>
    exchangeBytes(
      server.port,
      `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n${body}`,
    );
  const until = async (check: () => boolean) => {
    while (!check()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const whole = send(50, "w".repeat(50));
  await until(() => answers.length === 1);
  const slow = send(100, "s".repeat(40));
  await until(() => room.held === 90);
  const exact = send(10, "e".repeat(10));
  await until(() => answers.length === 2);
  assert.equal(room.held, 100, "the limit itself is no fault");
  const over = send(1, "o");
  assert.match(await slow, /^HTTP\/1\.1 503 .*Retry-After: 1.*limits\.bufferedBytes\n$/is);
  await until(() => answers.length === 3);
  assert.equal(room.held, 61);
  assert.match(await send(40, "n".repeat(40)), /^HTTP\/1\.1 503 /, "nobody is unfinished but itself");
  for (const answer of answers) answer();
  const bodies = await Promise.all([whole, exact, over]);
  assert.deepEqual(
    bodies.map((text) => text.split("\r\n\r\n")[1]),
    ["50", "10", "1"],
  );
  await until(() => room.held === 0);
  room.follow(200);
  const left = await connectTo(server.port);
  left.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 90\r\n\r\nhalf");
  await until(() => room.held === 4);
  left.destroy();
  await until(() => room.held === 0);
  await server.close();
});
