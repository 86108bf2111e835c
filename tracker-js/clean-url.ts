import { safe } from "./lib/safe.ts";
import { tag } from "./tag.ts";

/**
 * The page's address, or another, with none but the parameters that may be sent: those of campaigns and referrals,
 * and those that the tag names. Others hold tokens and what people searched for. Without its fragment, unless
 * fragments are pages. Nothing where what the tag names is no expression: the event goes without an address.
 */
export const cleanUrl = safe((url: string = location.href) =>
  url.replace("hash" in tag ? /\?[^#]*/ : /[?#].*/, (query) =>
    (query.match(RegExp(`[?&](ref|aff|rcode|\\w+(clk?id|braid)|utm_\\w+|${tag.params})=[^&#]+`, "g")) || [])
      .join("")
      .replace(/./, "?"),
  ),
);
