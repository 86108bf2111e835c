/** The cookies that a drop-in script writes for us on its own site: the gateway's answer cannot set them there. */
import type { Exchange } from "../http/exchange.ts";
import type { WireCookies } from "../model/wire.ts";

/** The longest life browsers grant a cookie: a wish should not have to be repeated. */
export const wishSeconds = 34_560_000;
export const visitSeconds = 1800;

const ids = ["vid", "sid", "ref", "xid", "params", "tp_vid", "tp_sid"] as const;
/** Takes the visitor out of the script's cookies. */
export const forgetting: WireCookies = ids.map((name) => [name, "", 0]);

/** The page that asks lies on another host: what we set would not reach it. */
export const isElsewhere = (x: Exchange): boolean => {
  const { origin } = x.req.headers;
  return origin !== undefined && URL.parse(origin)?.hostname !== x.host;
};
