import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { codeOf } from "../lib/error-code.ts";
import { Agent, request } from "../lib/node-http.ts";

export interface DemoRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface DemoAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Send = (what: DemoRequest) => Promise<DemoAnswer>;

/** Nobody answered: the reason, for use in a sentence. */
export class NoAnswer extends Error {}

/** Real requests to one site over connections that are kept; rejects with `NoAnswer` when nothing answers. */
export const createDemoClient = (site: URL, connections: number): { send: Send; close(): void } => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const address = { host: site.hostname.replace(/^\[|\]$/g, ""), port: site.port || 80, agent };

  const sendOnce = ({ method, path, headers, body = "" }: DemoRequest): Promise<DemoAnswer | "closed"> =>
    new Promise((resolve, reject) => {
      const length = method === "POST" ? { "content-length": String(Buffer.byteLength(body)) } : {};
      const all = { host: site.host, ...headers, ...length };
      const req = request({ ...address, method, path, headers: all, timeout: 30_000 });
      req.on("response", (res) => {
        readText(res).then(
          (text) => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text }),
          (cause: unknown) => reject(noAnswer(cause)),
        );
      });
      req.on("timeout", () => req.destroy(new Error("no answer in 30 s")));
      req.on("error", (cause) => {
        // A kept connection may be closed by the other side just as it is used again (RFC 9112 §9.3.1).
        if (req.reusedSocket && codeOf(cause) === "ECONNRESET") resolve("closed");
        else reject(noAnswer(cause));
      });
      req.end(body);
    });

  const send: Send = async (what) => {
    const answer = await sendOnce(what);
    return answer === "closed" ? send(what) : answer;
  };
  return { send, close: () => agent.destroy() };
};

const readText = async (res: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of res) chunks.push(chunk as Buffer); // no encoding is set, so chunks are buffers
  return Buffer.concat(chunks).toString("utf8");
};

const noAnswer = (cause: unknown): NoAnswer => new NoAnswer(codeOf(cause), { cause });
