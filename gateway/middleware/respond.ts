import type { Handler } from "../http/exchange.ts";
import { type Reply, sendReply } from "./guard.ts";
import type { RespondSettings } from "./settings.ts";

/** Answers every request alike. */
export const respondWith = ({ status, body, headers }: RespondSettings): Handler => {
  const own = { ...(body === "" ? {} : { "content-type": "text/plain; charset=utf-8" }), ...headers };
  const reply: Reply = { status, pairs: Object.entries(own).flat(), body: Buffer.from(body) };
  return (x) => sendReply(x, reply);
};
