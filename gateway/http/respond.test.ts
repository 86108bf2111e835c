import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import type { BodyPass, Exchange, ResponseHead } from "./exchange.ts";
import { sendBuffer, sendStream } from "./respond.ts";
import { ask, connectTo, serve } from "./test-server.ts";

const head = (status = 200): ResponseHead => ({
  status,
  headers: new Map<string, string | readonly string[]>([
    ["content-type", "text/plain"],
    ["set-cookie", ["a=1", "b=2"]],
  ]),
});

const wrap = (before: string, after: string): BodyPass => {
  let begun = false;
  return {
    push(chunk) {
      const text = begun || chunk.length === 0 ? chunk : Buffer.from(before + chunk.toString());
      begun ||= chunk.length > 0;
      return text;
    },
    end: () => Buffer.from(after),
  };
};

const answered = async (send: (x: Exchange) => Promise<void>, method = "GET") => {
  const server = await serve(send);
  const answer = await ask(server.port, `${method} /`);
  await server.close();
  return answer;
};

test("a body in memory is sent with its length and every value of a header", async () => {
  const answer = await answered((x) => sendBuffer(x, head(), Buffer.from("hello")));
  assert.equal(answer.body, "hello");
  assert.equal(answer.headers.get("content-length"), "5");
  assert.equal(answer.text.match(/set-cookie: /g)?.length, 2);
});

test("HEAD says the length and sends nothing; 204 and 304 say and send nothing", async () => {
  const headAnswer = await answered((x) => sendBuffer(x, head(), Buffer.from("hello")), "HEAD");
  assert.deepEqual([headAnswer.headers.get("content-length"), headAnswer.body], ["5", ""]);
  for (const status of [204, 304]) {
    const answer = await answered((x) => sendBuffer(x, head(status), Buffer.from("hello")));
    assert.deepEqual([answer.status, answer.headers.has("content-length"), answer.body], [status, false, ""]);
  }
});

test("passes change head and body in their order, at once or later", async () => {
  const send = (x: Exchange) => {
    x.responsePasses.push(
      (it) => {
        it.headers.set("x-first", "1");
        return wrap("<", ">");
      },
      async (it) => {
        it.status = 203;
        return wrap("[", "]");
      },
      () => undefined,
    );
    return sendBuffer(x, head(), Buffer.from("hello"));
  };
  const answer = await answered(send);
  assert.deepEqual(
    [answer.status, answer.headers.get("x-first"), answer.body, answer.headers.get("content-length")],
    [203, "1", "[<hello>]", "9"],
  );
  const length = (await answered(send, "HEAD")).headers.get("content-length");
  assert.equal(length, "9", "HEAD promises what GET would send");
});

test("a streamed body goes through the passes without a length of before", async () => {
  const answer = await answered((x) => {
    x.responsePasses.push(() => wrap("(", ")"));
    const it = head();
    it.headers.set("content-length", "4");
    return sendStream(x, it, Readable.from([Buffer.from("ab"), Buffer.from("cd")]));
  });
  assert.equal(answer.headers.get("content-length"), undefined);
  assert.match(answer.body.replace(/\r\n[0-9a-f]*\r?\n?/g, ""), /\(abcd\)/);
});

test("a pass that fails sends nothing of the answer", async () => {
  const answer = await answered((x) => {
    x.responsePasses.push(() => Promise.reject(new Error("no")));
    return sendStream(x, head(), Readable.from([Buffer.from("secret")]));
  });
  assert.equal(answer.status, 500);
  assert.doesNotMatch(answer.text, /secret|set-cookie/);
});

test("a source that breaks, or is shorter than its length, cuts the connection", async () => {
  const broken = async function* () {
    yield Buffer.from("ab");
    throw new Error("disk");
  };
  const short = async function* () {
    yield Buffer.from("ab");
  };
  for (const source of [broken, short]) {
    const server = await serve((x) => {
      const it = head();
      it.headers.set("content-length", "10");
      return sendStream(x, it, Readable.from(source()));
    });
    // Kept alive: without the cut the client would wait for eight more bytes.
    const socket = await connectTo(server.port);
    let text = "";
    const closed = new Promise((resolve) => socket.on("close", resolve));
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("error", () => {});
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await closed;
    await server.close();
    assert.match(text, /content-length: 10/);
  }
});

test("when the client leaves, the source is closed", async () => {
  const chunk = Buffer.alloc(64 * 1024);
  const source = new Readable({ read: () => void source.push(chunk) });
  const closed = new Promise((resolve) => source.on("close", resolve));
  const server = await serve((x) => sendStream(x, head(), source));
  const socket = await connectTo(server.port);
  socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  socket.once("data", () => socket.destroy());
  await closed;
  await server.close();
});
