import type { Transport } from "./send.ts";
import type { Tag } from "./tag.ts";

// Larger bodies are refused with `keepalive`: 64 KiB of them, together, may outlive a page.
const maxKeepalive = 20_000;

/**
 * A string body goes as text/plain, so no preflight is ever needed. A drop-in script sends no cookies:
 * those of the tracker's host would compete with the ids that it sends itself.
 */
export const browserTransport = ({ collect, site }: Tag): Transport => {
  const post = (body: string): Promise<Response> =>
    fetch(collect, {
      method: "POST",
      body,
      keepalive: body.length < maxKeepalive,
      credentials: site ? "omit" : "same-origin",
    });
  return {
    post: async (body) => {
      const { status, headers } = await post(body);
      return isFinal(status) ? undefined : 1000 * (Number(headers.get("Retry-After")) || 0);
    },
    // A beacon always carries cookies, so only a fronted site sends one.
    leave(body) {
      if (site) void post(body).catch(() => {});
      else navigator.sendBeacon(collect, body);
    },
  };
};

/** Taken, or refused for good; an overloaded or a failing server is worth another try. */
export const isFinal = (status: number): boolean => status < 500 && status !== 429 && status !== 408;
