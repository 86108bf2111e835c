import type { Event } from "./event.ts";

/**
 * Is it of Google's tag or of those that speak like it? In their flat table page, place and goods are never null: what
 * was not sent is empty there, or zero.
 */
export const isTagEvent = ({ tracking_protocol: protocol }: Pick<Event, "tracking_protocol">): boolean =>
  protocol === "ga4_gtag" || protocol === "ga4_mp" || protocol === "d8a";
