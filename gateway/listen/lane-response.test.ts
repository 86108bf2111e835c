import assert from "node:assert/strict";
import { Agent, type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";
import { after, before, test } from "node:test";
import type { Exchange, Handler } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import { testSite } from "../model/test-site.ts";
import { LaneRequest } from "./lane-request.ts";
import { createListener, type Listener } from "./listener.ts";

const big = Buffer.alloc(3_000_000, "0123456789");

/** Writes it in pieces, at the pace of whoever reads it. */
const sendBig = (res: Exchange["res"], pieceBytes: number): void => {
  res.writeHead(200, { "content-type": "application/octet-stream" });
  const send = (at: number): void => {
    for (let i = at; i < big.length; i += pieceBytes) {
      if (res.write(big.subarray(i, i + pieceBytes))) continue;
      res.once("drain", () => send(i + pieceBytes));
      return;
    }
    res.end();
  };
  send(0);
};

/** What a handler may do with an answer. */
const handlers: Readonly<Record<string, Handler>> = {
  "a buffer with its length": ({ res }) =>
    void res.writeHead(200, ["content-type", "text/plain", "content-length", "5"]).end(Buffer.from("hello")),
  "a text of one byte a character": ({ res }) =>
    void res.writeHead(200, ["Content-Length", "3"]).end("\xe9\x00\xff", "latin1"),
  "a text in UTF-8 without a length": ({ res }) => void res.setHeader("x-one", "1").end("größer"),
  "several pieces, some empty": ({ res }) => {
    res.writeHead(200, { "content-type": "text/plain", "set-cookie": ["a=1", "b=2"] });
    for (const piece of ["one", "", "two"]) res.write(piece);
    res.end("three");
  },
  "pieces and trailers": ({ req, res }) => {
    res.writeHead(200, req.method === "GET" ? { trailer: "x-sum" } : {});
    res.write("body");
    res.addTrailers({ "x-sum": "4" });
    res.end();
  },
  "a large answer": ({ res }) => void res.writeHead(200, ["content-length", String(big.length)]).end(big),
  "a large answer of unknown length": ({ res }) => sendBig(res, 100_000),
  "a large answer in small pieces": ({ res }) => sendBig(res, 10_000),
  nothing: ({ res }) => void res.writeHead(204, { "x-a": "b" }).end(),
  "not modified": ({ res }) => void res.writeHead(304, ["etag", '"x"']).end(),
  "fields set before and with the head": ({ res }) => {
    res.setHeader("X-Both", "first").setHeader("Strict-Transport-Security", "max-age=1");
    res.writeHead(404, { "x-both": "second", "content-length": 0 }).end();
  },
  "a status and its own words": ({ res }) => void res.writeHead(418, "I am one", { "x-a": "1" }).end("tea"),
  "a head that is flushed": ({ res }) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.flushHeaders();
    setImmediate(() => res.end("data: 1\n\n"));
  },
  "a refusal": () => {
    throw new HttpError(403, "not for you", { headers: { "x-why": "test" } });
  },
  "a fault of ours": async () => {
    throw new Error("broken");
  },
  "a field that is two lines": ({ res }) => void res.writeHead(200, { "x-a": "1\r\nx-b: 2" }).end(),
  "the end of the connection": ({ res }) => void res.writeHead(200, { connection: "close" }).end("bye"),
  "whoever reads a body": ({ req, res }) => {
    req.on("end", () => res.end("no body")).resume();
  },
};

const seen: { viaLane: boolean }[] = [];
const open = { listener: null as Listener | null, port: 0 };

before(async () => {
  open.listener = createListener({
    address: "127.0.0.1:0",
    handler(x: Exchange) {
      seen.push({ viaLane: (x.req as unknown) instanceof LaneRequest });
      return handlers[decodeURIComponent(x.path.slice(1))]?.(x);
    },
    headerBytes: 16_384,
    lane: () => null,
    siteOf: () => testSite,
    isTrusted: () => false,
    clock: () => 0,
    portHint: () => "",
    onError: () => {},
  });
  open.port = (await open.listener.listen()).port;
});

after(() => open.listener?.stop(100));

// A connection that has left the lane does not come back to it.
const agents = {
  lane: new Agent({ keepAlive: true, maxSockets: 1 }),
  node: new Agent({ keepAlive: true, maxSockets: 1 }),
};
after(() => {
  agents.lane.destroy();
  agents.node.destroy();
});

interface Got {
  readonly status: number;
  readonly headers: unknown;
  readonly trailers: unknown;
  readonly body: string;
}

const ask = (name: string, method: string, way: keyof typeof agents): Promise<Got> =>
  new Promise((resolve, reject) => {
    const path = `/${encodeURIComponent(name)}`;
    const headers: Record<string, string> = way === "lane" ? {} : { te: "trailers" };
    const agent = agents[way];
    const asked = request({ port: open.port, host: "127.0.0.1", path, method, headers, agent });
    asked.on("error", reject).on("response", (res: IncomingMessage) => {
      const chunks: Buffer[] = [];
      res.on("data", (chunk: Buffer) => chunks.push(chunk));
      res.on("error", reject).on("end", () => {
        const { statusCode: status = 0, trailers } = res;
        const text = Buffer.concat(chunks).toString("latin1");
        const body = text.replace(/request [\w-]+/, "request …");
        resolve({ status, headers: fieldsOf(res), trailers, body });
      });
    });
    asked.end();
  });

/** Without those that say how the body is framed, when, and of which request it is. */
const fieldsOf = ({ headers }: IncomingMessage): unknown => {
  const { date, "content-length": _length, "transfer-encoding": _coding, ...named } = headers;
  const { "x-request-id": id, ...others } = named;
  assert.ok(date);
  return { ...others, named: id !== undefined };
};

for (const name of Object.keys(handlers)) {
  for (const method of ["GET", "HEAD"]) {
    test(`${method}: ${name} is answered on the lane as Node's server answers it`, async () => {
      seen.length = 0;
      const lane = await ask(name, method, "lane");
      const node = await ask(name, method, "node");
      assert.deepEqual(
        seen.map(({ viaLane }) => viaLane),
        [true, false],
      );
      assert.deepEqual(lane, node);
    });
  }
}

test("a short answer leaves in one piece, and its length is said", async () => {
  const text = await talk(
    `GET /${encodeURIComponent("a text in UTF-8 without a length")} HTTP/1.1\r\nHost: a\r\n\r\n`,
  );
  assert.match(
    text,
    /^HTTP\/1\.1 200 OK\r\nx-one: 1\r\nContent-Length: 8\r\nDate: [^\r]+GMT\r\nConnection: keep-alive\r\nKeep-Alive: timeout=75\r\n\r\n/,
  );
});

test("requests on one connection are answered one after the other, whoever answers them", async () => {
  const path = encodeURIComponent("several pieces, some empty");
  const one = `GET /${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
  const last = `GET /${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
  seen.length = 0;
  const text = await talk(`${one}${one}${one}${last}`);
  assert.equal(text.split("HTTP/1.1 200 OK").length - 1, 4);
  assert.equal(seen.length, 4);
});

const talk = (bytes: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(open.port, "127.0.0.1", () => socket.write(bytes));
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (!bytes.includes("close")) socket.end();
    });
    socket.on("error", reject).on("close", () => resolve(text));
  });

/** One GET over a socket of its own; `act` gets the answer as its handler does, and the client's socket. */
const withAnswer = async (act: (x: Exchange, client: Socket) => unknown): Promise<string> => {
  let client: Socket | null = null;
  let acted: unknown;
  Object.assign(handlers, {
    own(x: Exchange) {
      if (client) acted = act(x, client);
    },
  });
  const text = await new Promise<string>((resolve) => {
    const socket = connect(open.port, "127.0.0.1", () =>
      socket.write("GET /own HTTP/1.1\r\nHost: a\r\n\r\n"),
    );
    client = socket;
    let all = "";
    socket.on("data", (chunk: Buffer) => (all += chunk.toString("latin1")));
    socket.on("error", () => {}).on("close", () => resolve(all));
  });
  await acted;
  return text;
};

test("an answer that is cut says so to whoever writes it, once", async () => {
  const told: string[] = [];
  const text = await withAnswer(async ({ req, res }, client) => {
    res.writeHead(200, { "content-length": "100" });
    res.write("part");
    for (const name of ["finish", "close"]) res.on(name, () => told.push(name));
    req.on("close", () => told.push("request"));
    client.destroy();
    await new Promise((resolve) => res.once("close", resolve));
    assert.equal(res.destroyed, true);
    assert.equal(res.write("more"), false);
    res.end("more");
  });
  assert.equal(text, "");
  assert.deepEqual(told, ["close", "request"]);
});

test("what is cut by its writer ends with the connection", async () => {
  const text = await withAnswer(({ res }) => {
    res.writeHead(200, { "content-type": "text/plain" });
    res.write("part", () => {});
    setImmediate(() => res.destroy());
  });
  assert.match(text, /\r\n\r\n4\r\npart\r\n$/);
});

test("what was written in the very turn in which it is cut has left all the same", async () => {
  const text = await withAnswer(({ res }) => {
    res.writeHead(200, { "content-type": "text/plain" });
    res.write("part");
    res.destroy();
  });
  assert.match(text, /\r\n\r\n4\r\npart\r\n$/);
});

test("small and large pieces of one turn keep their order", async () => {
  const text = await withAnswer(({ res }) => {
    res.writeHead(200, { "content-type": "text/plain", "content-length": "20004", connection: "close" });
    for (const piece of ["a", "b".repeat(20_000), "cd"]) res.write(piece);
    res.end("e");
  });
  assert.match(text, /\r\n\r\nab{20000}cde$/);
});

test("a body of another length than was said ends the connection: no answer may follow it", async () => {
  for (const body of ["short", "longer than it said"]) {
    const text = await withAnswer(({ res }) => void res.writeHead(200, { "content-length": "10" }).end(body));
    assert.doesNotMatch(text, /HTTP\/1\.1 \d\d\d.*HTTP\/1\.1 /s);
  }
});

test("hints go before the answer", async () => {
  const text = await withAnswer(({ res }) => {
    res.writeEarlyHints({ link: ["</a.css>; rel=preload; as=style", "</b.js>; rel=preload; as=script"] });
    res.writeHead(200, { connection: "close" }).end("page");
  });
  assert.match(
    text,
    /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>; rel=preload; as=style\r\nLink: <\/b\.js>[^\r]+\r\n\r\nHTTP\/1\.1 200 OK\r\n/,
  );
});
