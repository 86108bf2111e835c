/**
 * Collection over websockets: who may connect, how many, and for how long. What is in the frames is for
 * `websocket-frames.ts`.
 */
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Upgrade } from "../http/exchange.ts";
import { networkOf } from "../lib/ip.ts";
import { originOf } from "./cors.ts";
import { type FrameOptions, type Taken, takeFrames } from "./websocket-frames.ts";

export interface Websockets {
  /** Makes a websocket of the connection, or refuses it and closes it. */
  accept(x: Upgrade, socket: Duplex, head: Buffer): void;
  /** connections that are open */
  open(): number;
  /** Settings changed: the frames of open connections are taken under these; who is not served any more is told to go. */
  follow(next: FrameOptions): void;
  /** Tells the clients to come back later, and cuts those that do not go. */
  close(): Promise<void>;
}

/** A frame in pieces of a byte each would cost us a hundred times its size: in so many a client may send one, */
const maxFragments = 1024;
/** and in so many packets. */
const maxBufferedChunks = 16_384;
const closeMs = 1000;
const goingAway = 1001;

/** The websockets of one listener, through changes of the settings; without options nobody may connect until `follow`. */
export const createWebsockets = (initial: FrameOptions | null = null): Websockets => {
  let options = initial;
  let pinging: NodeJS.Timeout | null = null;
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false, // its memory cannot be bounded by connection; small frames gain little
    clientTracking: true,
    maxFragments,
    maxBufferedChunks,
  });
  const byNetwork = new Map<string, number>();
  const silent = new WeakSet<WebSocket>();
  const asked = new Map<WebSocket, Asked>();

  const ping = (): void => {
    for (const client of server.clients) {
      if (silent.has(client)) client.terminate();
      else {
        silent.add(client);
        client.ping();
      }
    }
  };

  const follow = (next: FrameOptions): void => {
    options = next;
    server.options.maxPayload = next.settings.frameBytes; // of those that connect from now on
    if (pinging) clearInterval(pinging);
    pinging = setInterval(ping, next.settings.pingSeconds * 1000);
    pinging.unref();
    for (const [client, { x, taken }] of asked)
      if (next.siteOf?.(x) === null) void closeClient(client, taken);
  };
  if (initial) follow(initial);

  const count = (network: string, change: number): void => {
    const n = (byNetwork.get(network) ?? 0) + change;
    if (n > 0) byNetwork.set(network, n);
    else byNetwork.delete(network);
  };

  const refusal = (
    x: Upgrade,
    network: string,
    { settings }: FrameOptions,
  ): readonly [status: string, sentence: string] | null => {
    if (originOf(x) !== "own")
      return ["403 Forbidden", "a websocket needs an Origin of the site: connect from one of its pages"];
    if (server.clients.size >= settings.connections) {
      return ["503 Service Unavailable", "too many websockets are open: come back later"];
    }
    if ((byNetwork.get(network) ?? 0) >= settings.perAddress) {
      return [
        "429 Too Many Requests",
        "too many websockets are open from this address: close some of them first",
      ];
    }
    return null;
  };

  const start = (client: WebSocket, x: Upgrade, network: string, given: FrameOptions): void => {
    count(network, 1);
    asked.set(client, { x, taken: takeFrames(client, x, () => options ?? given) });
    client.on("close", () => {
      count(network, -1);
      asked.delete(client);
    });
    client.on("pong", () => silent.delete(client));
    client.on("error", () => client.terminate()); // a broken frame: ws has told the client
  };

  return {
    accept(x, socket, head) {
      const network = networkOf(x.address);
      const given = options;
      const refused = given ? refusal(x, network, given) : notYet;
      if (refused) refuse(socket, ...refused);
      else if (given) server.handleUpgrade(x.req, socket, head, (client) => start(client, x, network, given));
    },
    follow,
    open: () => server.clients.size,
    async close() {
      if (pinging) clearInterval(pinging);
      const left = [...asked].map(([client, { taken }]) => closeClient(client, taken));
      await Promise.all(left);
      server.close();
    },
  };
};

const notYet = ["503 Service Unavailable", "it is just starting: come back later"] as const;

const refuse = (socket: Duplex, status: string, sentence: string): void => {
  socket.on("error", () => socket.destroy());
  const retry = status.startsWith("403") ? "" : "Retry-After: 30\r\n";
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\n${retry}Content-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(sentence) + 1}\r\n\r\n${sentence}\n`,
  );
};

/** A client's handshake, and its frames. */
interface Asked {
  readonly x: Upgrade;
  readonly taken: Taken;
}

// Once it is told to go nothing more may be sent: what was taken is answered before, or the client sends it again.
const closeClient = async (client: WebSocket, taken: Taken): Promise<void> => {
  const closed = new Promise<void>((resolve) => client.once("close", () => resolve()));
  if (client.readyState === client.CLOSED) return;
  const cut = setTimeout(() => client.terminate(), closeMs);
  await Promise.race([taken.answered(), closed]);
  client.close(goingAway, "the server stops or takes other settings");
  await closed;
  clearTimeout(cut);
};
