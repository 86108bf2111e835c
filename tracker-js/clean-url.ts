import { tag } from "./tag.ts";

/**
 * The page's address, or another, with none but the parameters that may be sent: those of campaigns and referrals,
 * and those that the tag names. Others hold tokens and what people searched for. Without its fragment, unless
 * fragments are pages.
 */
export const cleanUrl = (url = location.href): string =>
  url.replace("hash" in tag ? /\?[^#]*/ : /[?#].*/, (query) =>
    (query.match(RegExp(`[?&](utm_\\w+|ref|rcode|aff|${tag.params}|\\w+(clk?id|braid))=[^&#]+`, "g")) ?? [])
      .join("")
      .replace(/./, "?"),
  );
