import { tag } from "./tag.ts";

/**
 * The page's address, or another, with none but the parameters that may be sent: those of campaigns and referrals,
 * and those that the tag names. Others hold tokens and what people searched for. Without its fragment, unless
 * fragments are pages.
 */
export const cleanUrl = (url = location.href): string =>
  url.replace("hash" in tag ? /\?[^#]*/ : /[?#].*/, (query) => {
    const names = `utm_\\w+|\\w+(clk?id|braid)|ref|rcode|aff|${tag.params}`;
    const kept = query.match(RegExp(`\\b(${names})=[^&#]+`, "g"));
    return kept ? "?" + kept.join("&") : "";
  });
