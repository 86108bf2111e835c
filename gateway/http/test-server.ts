/** What tests of the request side share: a server that makes a plain `Exchange`, and clients that send exact bytes. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { testSite } from "../model/test-site.ts";
import type { Exchange, Handler } from "./exchange.ts";
import { HttpError } from "./http-error.ts";
import { sendError } from "./send-error.ts";

export const testExchange = (req: IncomingMessage, res: ServerResponse): Exchange => {
  const [path = "/", query = ""] = (req.url ?? "/").split("?", 2);
  return {
    req,
    res,
    receivedAt: 0,
    path,
    query,
    host: "shop.example",
    secure: false,
    address: "127.0.0.1",
    site: testSite,
    requestEdits: new Map(),
    responsePasses: [],
  };
};

export interface TestServer {
  readonly port: number;
  close(): Promise<void>;
}

/** A server on a free port of loopback that answers with the handler. */
export const serve = async (handler: Handler): Promise<TestServer> => {
  const server = createServer((req, res) => {
    const refuse = (error: unknown) =>
      sendError({ req, res }, error instanceof HttpError ? error : new HttpError(500, String(error)));
    try {
      handler(testExchange(req, res))?.catch(refuse);
    } catch (error) {
      refuse(error);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** Connects, sends the bytes, and gives all that comes until the server closes, or until `until` is in it. */
export const exchangeBytes = (port: number, bytes: string | Buffer, until?: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    let text = "";
    const finish = () => {
      socket.destroy();
      resolve(text);
    };
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (until !== undefined && text.includes(until)) finish();
    });
    socket.on("close", finish);
    socket.on("error", (error) => (text === "" ? reject(error) : finish()));
  });

/** A connection on which a test does what it likes. */
export const connectTo = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket));
    socket.once("error", reject);
  });

/** A request with `Connection: close`, its answer parsed no further than status, head and body. */
export const ask = async (port: number, head: string, body = "") => {
  const [line = "", ...fields] = head.split("\n");
  const lines = [`${line} HTTP/1.1`, ...fields];
  if (!fields.some((field) => /^host:/i.test(field))) lines.push("Host: shop.example");
  const text = await exchangeBytes(port, `${lines.join("\r\n")}\r\nConnection: close\r\n\r\n${body}`);
  const end = text.indexOf("\r\n\r\n");
  const [status = "", ...rest] = text.slice(0, end).split("\r\n");
  const headers = new Map<string, string>();
  for (const field of rest) {
    const colon = field.indexOf(":");
    headers.set(field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim());
  }
  return { status: Number(status.split(" ")[1]), headers, body: text.slice(end + 4), text };
};
