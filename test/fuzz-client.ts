/** Sends requests over kept connections, and answers their status alone. */
import { Agent, request } from "node:http";
import type { Asking } from "./fuzz-corpus.ts";
import { personAgent } from "./gateway.ts";

export interface Sender {
  /** 0 where the connection ended without an answer */
  send(asking: Asking): Promise<number>;
  close(): void;
}

export const createSender = (url: string, connections: number): Sender => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const { hostname, port } = new URL(url);
  const once = ({ method, path, headers, body }: Asking): Promise<number> =>
    new Promise((resolve) => {
      const all = { "user-agent": personAgent, ...headers, "content-length": String(body.length) };
      const req = request({ agent, hostname, port, method, path, headers: all }, (res) => {
        res.resume();
        res.once("end", () => resolve(res.statusCode ?? 0));
        res.once("error", () => resolve(0));
      });
      // A server that answers early and closes may cut what is still being sent.
      req.once("error", () => resolve(0));
      req.end(body);
    });
  return {
    async send(asking) {
      // A kept connection may be closed just as it is used again: that is no answer to this request.
      return (await once(asking)) || (await once(asking)) || once(asking);
    },
    close: () => agent.destroy(),
  };
};
