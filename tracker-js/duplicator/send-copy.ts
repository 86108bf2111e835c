import type { Destination } from "./destination.ts";
import { readHit } from "./hit.ts";

export type Body = Exclude<RequestInit["body"], ReadableStream>;

/** Sends the hit in an address on to those who take its measurement id; anything else is left alone. */
export const createCopier =
  (destinations: readonly Destination[], send: typeof fetch) =>
  (url: unknown, body?: Body): void => {
    const hit = readHit(url);
    if (!hit) return;
    for (const { url: to, takes } of destinations) {
      if (!takes(hit.id) || `${url}`.startsWith(to)) continue;
      // Nobody waits for the answer, and the page may be on its way out.
      send(`${to}?${hit.query}`, {
        method: "POST",
        body: body ?? null,
        mode: "no-cors",
        keepalive: true,
      }).catch(() => {});
    }
  };

export type Copier = ReturnType<typeof createCopier>;
