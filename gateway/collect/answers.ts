/** What collection answers, as data. Every answer is for this request alone: none is cached. */
import type { Keyed } from "../model/event.ts";
import type { StoreBusy } from "../model/event-store.ts";
import type { Decoded, Endpoint, Reject } from "../model/protocol.ts";
import type { Site } from "../model/site.ts";
import type { CollectAnswer } from "./request.ts";

/** A success without a body. */
export const answered = (status: number, headers: string[]): CollectAnswer => {
  headers.push("cache-control", "no-store");
  return { status, headers, body: "" };
};

/** A refusal in one sentence. */
export const plain = (status: number, sentence: string, headers: string[]): CollectAnswer => {
  headers.push("cache-control", "no-store", "content-type", "text/plain; charset=utf-8");
  return { status, headers, body: `${sentence}\n` };
};

export const busy = (error: StoreBusy, headers: string[]): CollectAnswer => {
  headers.push("retry-after", String(error.retryAfterSeconds));
  const sentence = `events cannot be stored now (${error.message}): send this again after ${error.retryAfterSeconds} s`;
  return plain(503, sentence, headers);
};

/** The endpoint is for the site's own servers. */
export const refused = (site: Site, from: Endpoint["from"], headers: string[]): CollectAnswer => {
  headers.push("www-authenticate", 'Bearer realm="turnpike"');
  const range = from === "server" ? ", or name the sender's address in its trustServerEvents" : "";
  return plain(
    401,
    `this is taken from the servers of site ${site.id} only: send one of its writeKeys as "Authorization: Bearer KEY"${range}`,
    headers,
  );
};

/** What is stored of a request, for the one who asks with `?debug=1`. */
export const shown = (decoded: Decoded, headers: string[]): CollectAnswer => {
  headers.push("cache-control", "no-store", "content-type", "application/json");
  const told = { events: decoded.events.map(({ event }) => event), rejects: decoded.rejects };
  return { status: 200, headers, body: `${JSON.stringify(told, null, 2)}\n` };
};

/** The ids of the stored events; of a large batch the first hundred. */
export const storedIds = (events: readonly Keyed[]): string => {
  const [only] = events;
  if (events.length === 1 && only) return only.event.id;
  return events
    .slice(0, 100)
    .map(({ event }) => event.id)
    .join(", ");
};

export const rejectsHeader = (rejects: readonly Reject[]): string => {
  const reason = (rejects[0]?.reason ?? "").replaceAll(/[^\x20-\x7e]/g, "?").slice(0, 200);
  return `${rejects.length}; ${reason}`;
};
