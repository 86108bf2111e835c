/** Visitors of every kind at a steady pace, to see whether any of them notices what happens to the gateway meanwhile. */
import { Agent, request as plainRequest } from "node:http";
import { type ClientHttp2Session, connect, constants } from "node:http2";
import { Agent as SecureAgent, request as secureRequest } from "node:https";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket } from "ws";
import { newId } from "../gateway/model/ids.ts";
import { personAgent } from "./gateway.ts";
import { startLean } from "./lean-load.ts";

export interface LoadOptions {
  readonly url: string;
  readonly secureUrl: string;
  /** requests in a second, of all kinds together */
  readonly perSecond: number;
  /** those of them that are made as browsers make them; the others are plain ones of a process of their own */
  readonly varied: number;
  /** open websockets, half of them ours, half an upstream's at `/echo` */
  readonly websockets: number;
}

export interface Load {
  /** requests answered so far */
  answered(): number;
  /** what went wrong, a sentence each */
  readonly failures: readonly string[];
  /** ids of events that were acknowledged */
  readonly acknowledged: readonly string[];
  /** Asks every websocket for an answer; resolves with a word for each that gave none. */
  silentWebsockets(): Promise<readonly string[]>;
  /** Waits for the answers that are due; resolves with a sentence of figures. */
  stop(): Promise<string>;
}

type Ask = () => Promise<void>;

const loops = 24;
const aliveMs = 15_000;

/** Starts it; resolves when all websockets are open. */
export const startLoad = async (options: LoadOptions): Promise<Load> => {
  const { url, secureUrl, perSecond, varied } = options;
  const failures: string[] = [];
  const acknowledged: string[] = [];
  let answered = 0;
  let over = false;
  const agent = new Agent({ keepAlive: true, maxSockets: loops });
  const secureAgent = new SecureAgent({ keepAlive: true, maxSockets: loops, rejectUnauthorized: false });
  const h2 = createH2(secureUrl);
  const plain = (path: string, body?: readonly string[]) => send(url + path, agent, body);
  const secure = (path: string) => send(secureUrl + path, secureAgent);

  const event = async (asked: (path: string) => Promise<string>): Promise<void> => {
    const eid = newId();
    await asked(`/tr/v1/?ename=kept&eid=${eid}`);
    acknowledged.push(eid);
  };
  const upload: Ask = async () => {
    const parts = ["one ", "two ", "three"];
    const answer = await plain("/upload", parts);
    if (answer !== parts.join("")) throw new Error(`the upload came back as ${answer.slice(0, 50)}`);
  };
  const kinds: readonly (readonly [name: string, Ask])[] = [
    ["a page", async () => void (await plain("/page"))],
    ["a page over https", async () => void (await secure("/page"))],
    ["a page over h2", async () => void (await h2.ask("/page"))],
    ["an upload", upload],
    ["an event", () => event(plain)],
    ["an event over h2", () => event(h2.ask)],
    ["a page on a new connection", async () => void (await send(`${url}/page`, false))],
    ["an event over https", () => event(secure)],
  ];

  const visit = async (loop: number): Promise<void> => {
    const everyMs = (1000 * loops) / varied;
    let due = performance.now() + (everyMs * loop) / loops;
    for (let n = loop; !over; n++) {
      await pause(Math.max(0, due - performance.now()));
      due = Math.max(due + everyMs, performance.now() - 1000); // what a busy machine delays is not made up for
      const [name, ask] = kinds[n % kinds.length] ?? ["nothing", async () => {}];
      try {
        await ask();
        answered++;
      } catch (error) {
        failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  };

  const sockets = await Promise.all(
    Array.from({ length: options.websockets }, (_, i) => openSocket(url, i % 2 === 0, failures)),
  );
  const plainly = perSecond - varied;
  const lean = startLean({ url, perSecond: plainly, visitors: plainly / 4 }, { failures, acknowledged });
  const visitors = Array.from({ length: loops }, (_, i) => visit(i));
  return {
    answered: () => answered + lean.answered(),
    failures,
    acknowledged,
    silentWebsockets: async () =>
      (await Promise.all(sockets.map(({ ask }) => ask()))).filter((silent) => silent !== null),
    async stop() {
      over = true;
      const [took] = await Promise.all([lean.stop(), ...visitors]);
      for (const { close } of sockets) close();
      agent.destroy();
      secureAgent.destroy();
      h2.close();
      const notes = `${lean.idleClosed()} idle connections closed, ${h2.again()} requests refused behind a word to go and asked again`;
      return `${answered} requests as browsers make them, ${lean.answered()} plain ones: ${took}; ${notes}`;
    },
  };
};

/** One request; the parts of a body go one after the other, so that it is under way for a while. */
const send = (
  url: string,
  agent: Agent | SecureAgent | false,
  body: readonly string[] = [],
): Promise<string> =>
  new Promise((resolve, reject) => {
    const make = url.startsWith("https:") ? secureRequest : plainRequest;
    const method = body.length > 0 ? "POST" : "GET";
    const headers = { "user-agent": personAgent, accept: "*/*" };
    const req = make(url, { method, agent, headers, rejectUnauthorized: false }, (res) => {
      text(res).then((answer) => {
        if (res.statusCode === 200) resolve(answer);
        else reject(new Error(`${res.statusCode}: ${answer.slice(0, 100)}`));
      }, reject);
    });
    req.on("error", reject);
    if (body.length === 0) req.end();
    else void writeSlowly(body, (part) => req.write(part)).then(() => req.end());
  });

const writeSlowly = async (parts: readonly string[], write: (part: string) => void): Promise<void> => {
  for (const part of parts) {
    write(part);
    await pause(100);
  }
};

/**
 * One session at a time, as a browser has: another where the server asks it to go. A request that is refused behind that
 * word was not looked at by the server, or never left (nghttp2 keeps what it has not sent), and is asked again, as browsers
 * do (RFC 9113 §8.7).
 */
const createH2 = (url: string) => {
  let current: Session | null = null;
  let again = 0;
  const session = (): Session => {
    if (current && !current.isLeft && !current.http2.closed && !current.http2.destroyed) return current;
    const next = { http2: connect(url, { rejectUnauthorized: false }), isLeft: false };
    next.http2.on("error", () => {}); // the requests on it fail with it
    next.http2.on("goaway", () => {
      next.isLeft = true;
    });
    current = next;
    return next;
  };
  return {
    async ask(path: string): Promise<string> {
      const first = session();
      try {
        return await askOn(first.http2, path);
      } catch (error) {
        if (!(error instanceof Refused) || !first.isLeft) throw error;
        again++;
        return await askOn(session().http2, path);
      }
    },
    /** requests that were asked twice */
    again: () => again,
    close: () => current?.http2.destroy(),
  };
};

interface Session {
  readonly http2: ClientHttp2Session;
  /** the server has asked it to go */
  isLeft: boolean;
}

class Refused extends Error {}

const askOn = (session: ClientHttp2Session, path: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const stream = session.request({ ":path": path, "user-agent": personAgent, accept: "*/*" });
    let status = 0;
    stream.on("response", (headers) => {
      status = Number(headers[":status"]);
    });
    const fail = (error: Error): void =>
      reject(stream.rstCode === constants.NGHTTP2_REFUSED_STREAM ? new Refused(error.message) : error);
    stream.on("error", fail);
    text(stream).then((answer) => {
      if (status === 200) resolve(answer);
      else reject(new Error(`${status}: ${answer.slice(0, 100)}`));
    }, fail);
  });

/** Ours answers a frame with its event's id, the upstream's with the frame. */
const openSocket = async (url: string, isOurs: boolean, failures: string[]) => {
  const base = url.replace("http", "ws");
  const socket = new WebSocket(isOurs ? `${base}/tr/v1/ws` : `${base}/echo`, { origin: url });
  let isClosing = false;
  socket.on("close", (code) => {
    if (!isClosing)
      failures.push(`a websocket ${isOurs ? "of ours" : "of the upstream"} closed with ${code}`);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve());
    socket.on("error", reject);
  });
  return {
    ask: (): Promise<string | null> =>
      new Promise((resolve) => {
        const who = isOurs ? "ours" : "the upstream's";
        const timer = setTimeout(() => resolve(`${who}: no answer, state ${socket.readyState}`), aliveMs);
        socket.once("message", (data) => {
          clearTimeout(timer);
          const text = String(data);
          resolve(
            (isOurs ? text.includes('"eid"') : text === `{"ename":"frame"}`) ? null : `${who}: ${text}`,
          );
        });
        socket.send(`{"ename":"frame"}`);
      }),
    close() {
      isClosing = true;
      socket.terminate();
    },
  };
};
