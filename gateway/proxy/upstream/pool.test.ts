import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { PassThrough } from "node:stream";
import { type TestContext, test } from "node:test";
import type { AnswerHandler, Job } from "./connection.ts";
import { parseEndpoint } from "./endpoint.ts";
import { createPool, type Pool, type PoolOptions } from "./pool.ts";

/** A server that is handed each connection. */
const serve = async (
  t: TestContext,
  onConnection: (socket: Socket, count: number) => void,
): Promise<number> => {
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onConnection(socket, ++count);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
};

const openPool = (t: TestContext, port: number, options: Partial<PoolOptions> = {}): Pool => {
  const pool = createPool({
    endpoint: parseEndpoint(`http://127.0.0.1:${port}`),
    connections: 10,
    queue: 10,
    connectMs: 1000,
    firstByteMs: 10_000,
    headBytes: 4096,
    ...options,
  });
  t.after(() => pool.close());
  return pool;
};

/** Sends a request; resolves with the body, rejects with the pool's error. */
const ask = (pool: Pool, method = "GET", target = "/", from = ""): Promise<string> => {
  let job: Job;
  return new Promise((resolve, reject) => {
    let body = "";
    const handler: AnswerHandler = {
      onStart() {},
      onInterim() {},
      onHead() {},
      onData: (_call, data) => {
        body += data.toString("latin1");
      },
      onEnd: () => resolve(body),
      onError: reject,
    };
    job = {
      request: { method, target, host: pool.endpoint.host, pairs: [] },
      from,
      body: null,
      chunked: false,
      handler,
    };
    pool.dispatch(job);
  });
};

const ok = (socket: Socket, text: string, more = ""): void =>
  void socket.write(`HTTP/1.1 200 OK\r\n${more}Content-Length: ${text.length}\r\n\r\n${text}`);

test("a connection is used again, and one that the upstream closed is replaced", async (t) => {
  const port = await serve(t, (socket, count) => socket.on("data", () => ok(socket, `connection ${count}`)));
  const pool = openPool(t, port);
  assert.equal(await ask(pool), "connection 1");
  assert.equal(await ask(pool), "connection 1");
});

/** Sends a request and waits until its answer, or the first of it, is there. */
const begin = (pool: Pool, more: Partial<Job> = {}): Promise<void> =>
  new Promise((resolve, reject) => {
    const handler: AnswerHandler = {
      onStart: () => {
        if (more.body) resolve();
      },
      onInterim() {},
      onHead: () => resolve(),
      onData() {},
      onEnd() {},
      onError: more.body ? () => {} : reject,
    };
    const request = { method: "GET", target: "/", host: pool.endpoint.host, pairs: [] };
    pool.dispatch({ request, body: null, chunked: false, handler, ...more });
  });

test("a connection that is old is not used again, also where requests wait for it", async (t) => {
  let open = 0;
  let most = 0;
  let all = 0;
  const port = await serve(t, (socket, count) => {
    all = count;
    most = Math.max(most, ++open);
    socket.on("close", () => open--);
    socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"));
  });
  const young = openPool(t, port);
  for (let i = 0; i < 3; i++) await ask(young);
  assert.equal(all, 1);
  const old = openPool(t, port, { usedMs: 0, connections: 1 });
  for (let i = 0; i < 3; i++) await ask(old);
  assert.equal(all, 4);
  assert.deepEqual(await Promise.all([ask(old), ask(old), ask(old)]), ["x", "x", "x"]);
  assert.equal(all, 7);
  assert.ok(most <= 3, `${most} at once, of which one is the young one and one may be closing`);
});

test("streams of events take no places, up to sixteen for each", async (t) => {
  const port = await serve(t, (socket, count) =>
    socket.on("data", () => {
      if (count <= 17) socket.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n");
      else ok(socket, "done");
    }),
  );
  const pool = openPool(t, port, { connections: 1, lastingMs: 60_000 });
  for (let i = 0; i < 17; i++) await begin(pool);
  assert.equal(pool.load, 17);
  const waiting = ask(pool);
  assert.equal(pool.load, 18);
  const early = await Promise.race([
    waiting,
    new Promise<string>((resolve) => setTimeout(resolve, 50, "waits")),
  ]);
  assert.equal(early, "waits", "the seventeenth holds the place");
  void waiting.catch(() => {});
});

test("what a slow client sends or takes holds its place for a while only", async (t) => {
  const port = await serve(t, (socket) =>
    socket.on("data", (bytes) => {
      if (bytes.includes("/quick")) ok(socket, "done");
      else if (!bytes.includes("POST")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
    }),
  );
  const pool = openPool(t, port, { connections: 1, lastingMs: 50, firstByteMs: 200 });
  await begin(pool);
  assert.equal(await ask(pool, "GET", "/quick"), "done");
  const request = { method: "POST", target: "/", host: pool.endpoint.host, pairs: ["content-length", "9"] };
  const body = new PassThrough();
  body.write("abc");
  await begin(pool, { request, body });
  assert.equal(await ask(pool, "GET", "/quick"), "done");
  assert.equal(pool.load, 2);
  await assert.rejects(ask(pool, "POST"), /no answer within 200 ms/, "the upstream's own time counts");
  body.destroy();
});

test("an upstream that does not answer holds its places", async (t) => {
  const port = await serve(t, () => {});
  const pool = openPool(t, port, { connections: 1, queue: 0, lastingMs: 10, firstByteMs: 300 });
  const first = ask(pool);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await assert.rejects(ask(pool), /all 1 connections .* are taken/);
  await assert.rejects(first, /no answer within 300 ms/);
});

test("a request that meets a closing connection is sent once more where that is safe", async (t) => {
  for (const [method, expected] of [
    ["GET", /^connection 2$/],
    ["POST", /hung up|ECONNRESET/],
  ] as const) {
    let requests = 0;
    const port = await serve(t, (socket, count) =>
      socket.on("data", () => {
        requests++;
        if (count === 1 && requests === 2)
          socket.destroy(); // as a server does whose idle time is over
        else ok(socket, `connection ${count}`);
      }),
    );
    const pool = openPool(t, port);
    await ask(pool);
    const answer = await ask(pool, method).catch((error: Error) => error.message);
    assert.match(answer, expected, method);
    assert.equal(requests, method === "GET" ? 3 : 2);
  }
});

test("a request that a new connection does not answer is not sent again", async (t) => {
  let requests = 0;
  const port = await serve(t, (socket) =>
    socket.on("data", () => {
      requests++;
      socket.destroy();
    }),
  );
  await assert.rejects(ask(openPool(t, port)), { code: /closed|ECONNRESET/ });
  assert.equal(requests, 1);
});

test("an upstream that speaks unasked loses its connection, and no request is given that answer", async (t) => {
  const port = await serve(t, (socket, count) => {
    socket.on("data", () => ok(socket, `connection ${count}`));
    if (count === 1) socket.once("data", () => setImmediate(() => ok(socket, "poison")));
  });
  const pool = openPool(t, port);
  assert.equal(await ask(pool), "connection 1");
  // Either the connection is gone by now, or what comes on it cannot be an answer: two at once are too many.
  const second = await ask(pool).catch((error: Error) => error.message);
  assert.notEqual(second, "poison");
});

test("Connection: close and a timeout of no use end a connection", async (t) => {
  for (const field of ["Connection: close\r\n", "Keep-Alive: timeout=1\r\n"]) {
    const port = await serve(t, (socket, count) =>
      socket.on("data", () => ok(socket, `connection ${count}`, field)),
    );
    const pool = openPool(t, port);
    assert.equal(await ask(pool), "connection 1");
    assert.equal(await ask(pool), "connection 2", field);
  }
});

test("requests wait in line for a connection, and are refused when the line is full", async (t) => {
  const waiting: (() => void)[] = [];
  const port = await serve(t, (socket) =>
    socket.on("data", (bytes) => waiting.push(() => ok(socket, bytes.toString().slice(4, 6)))),
  );
  const pool = openPool(t, port, { connections: 1, queue: 1 });
  const first = ask(pool, "GET", "/1");
  const second = ask(pool, "GET", "/2");
  await assert.rejects(ask(pool, "GET", "/3"), { code: "no-connection" });
  while (waiting.length === 0) await new Promise(setImmediate);
  waiting.pop()?.();
  assert.equal(await first, "/1");
  while (waiting.length === 0) await new Promise(setImmediate);
  waiting.pop()?.();
  assert.equal(await second, "/2");
});

test("a client that asks for much makes others wait for one of its requests, and keeps nobody out", async (t) => {
  const answers: (() => void)[] = [];
  const asked: string[] = [];
  const port = await serve(t, (socket) =>
    socket.on("data", (bytes) => {
      asked.push(/^GET (\S+)/.exec(bytes.toString())?.[1] ?? "");
      answers.push(() => ok(socket, "done"));
    }),
  );
  const pool = openPool(t, port, { connections: 1, queue: 4 });
  const [crowd, other] = ["2001:db8:1:1::", "192.0.2.1"];
  const theirs = [1, 2, 3, 4, 5].map((n) => ask(pool, "GET", `/crowd-${n}`, `${crowd}${n}`)); // of one /64
  const last = assert.rejects(theirs[4] as Promise<string>, { code: "no-connection" });
  const ours = ask(pool, "GET", "/other", other);
  await last;
  const turned = assert.rejects(ask(pool, "GET", "/crowd-6", crowd), { code: "no-connection" });
  await turned;
  while (asked.length < 5) {
    answers.shift()?.();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  answers.shift()?.();
  await Promise.all([...theirs.slice(0, 4), ours]);
  assert.deepEqual(asked, ["/crowd-1", "/crowd-2", "/other", "/crowd-3", "/crowd-4"]);
});

test("an upstream that sends no head in time is given up", async (t) => {
  const port = await serve(t, (socket) => socket.on("data", () => socket.write("HTTP/1.1 200")));
  await assert.rejects(ask(openPool(t, port, { firstByteMs: 50 })), { code: "head-timeout" });
});

test("an answer that stops in the middle is cut after the silence that may be, and one that goes on is not", async (t) => {
  const port = await serve(t, (socket) =>
    socket.on("data", (bytes) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n");
      if (!bytes.toString("latin1").startsWith("GET /on ")) return;
      let sent = 0;
      const timer = setInterval(() => {
        socket.write("x");
        if (++sent === 9) clearInterval(timer);
      }, 20);
    }),
  );
  const pool = openPool(t, port, { idleMs: 10_000 });
  assert.equal(await ask(pool, "GET", "/on"), "xxxxxxxxx");
  const strict = openPool(t, port, { idleMs: 50 });
  await assert.rejects(ask(strict, "GET", "/off"), { code: "idle-timeout" });
});

test("a client that takes nothing of an answer is no silence of the upstream", async (t) => {
  const port = await serve(t, (socket) =>
    socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx")),
  );
  const pool = openPool(t, port, { idleMs: 20 });
  const paused = new Promise<string>((resolve) => {
    const told: string[] = [];
    pool.dispatch({
      request: { method: "GET", target: "/", host: "a", pairs: [] },
      body: null,
      chunked: false,
      handler: {
        onStart() {},
        onInterim() {},
        onHead() {},
        onData(call) {
          call.pause();
          setTimeout(() => {
            told.push("still there");
            call.resume(); // from here on the upstream is waited for
          }, 200);
        },
        onEnd() {},
        onError: ({ message }) => resolve([...told, message].join(", ")),
      },
    });
  });
  assert.equal(await paused, "still there, proxy: nothing came for 20 ms in the middle of an answer");
});

test("closing waits for what runs", async (t) => {
  const finish: (() => void)[] = [];
  const port = await serve(t, (socket) =>
    socket.on("data", () => {
      finish.push(() => ok(socket, "done"));
    }),
  );
  const pool = createPool({
    endpoint: parseEndpoint(`http://127.0.0.1:${port}`),
    connections: 1,
    queue: 0,
    connectMs: 1000,
    firstByteMs: 1000,
    headBytes: 4096,
  });
  const running = ask(pool);
  while (finish.length === 0) await new Promise(setImmediate);
  const closed = pool.close();
  await new Promise((resolve) => setTimeout(resolve, 20));
  finish[0]?.();
  assert.equal(await running, "done");
  await closed;
});
