import type { ResponseHead } from "../http/exchange.ts";
import type { Site } from "../model/site.ts";
import type { NamesInForce } from "./cookie-names.ts";
import { many } from "./header-values.ts";
import { kindPath } from "./scripts.ts";

interface TagOptions {
  readonly scriptPath: string;
  readonly collectPath: string;
  readonly names: NamesInForce;
}

/**
 * The tag that loads the script into a document; `mustAsk`: nothing may leave before the visitor has said yes. Of an
 * `origin` it says where to collect, where relative addresses lead elsewhere.
 */
export const scriptTag = (
  head: ResponseHead,
  site: Site,
  pageLoadId: string,
  mustAsk: boolean,
  options: TagOptions,
  origin = "",
): string => {
  // A policy that allows scripts by nonce alone would block ours without it.
  const policies = many(head.headers.get("content-security-policy")).join(", ");
  const nonce = /'nonce-([A-Za-z0-9+/_=-]+)'/.exec(policies)?.[1];
  const place = origin + options.collectPath;
  const collect = place === "/tr/v1/" ? "" : ` data-collect="${escapeAttribute(place)}"`;
  const allowed = nonce ? ` nonce="${nonce}"` : "";
  const asks = mustAsk ? ' data-consent="required"' : "";
  const own = siteAttributes(site, options);
  const src =
    site.script && site.script !== "core" ? kindPath(options.scriptPath, site.script) : options.scriptPath;
  return `<script src="${src}" data-page-load="${pageLoadId}"${collect}${own}${asks}${allowed} async></script>`;
};

/** What the script must know of the site's settings, and the names of cookies that are not the usual ones. */
const siteAttributes = (site: Site, { names: inForce }: TagOptions): string => {
  const names = inForce.of(site);
  const usual = [
    ["ref", names.referrer],
    ["xid", names.experiments],
    ["params", names.params],
  ] as const;
  const renamed = usual.filter(([name, ours]) => name !== ours);
  const attributes = renamed.map(([name, ours]) => ` data-${name}-cookie="${escapeAttribute(ours)}"`);
  if (site.dnt) attributes.push(' data-dnt="doNotTrack"');
  if (site.cookieless) attributes.push(" data-cookieless");
  const lists = [
    ["params", site.urlParams],
    ["link-domains", site.linkDomains],
  ] as const;
  for (const [name, list] of lists) {
    if (list && list.length > 0) attributes.push(` data-${name}="${escapeAttribute(list.join("|"))}"`);
  }
  return attributes.join("");
};

const escapeAttribute = (text: string): string => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
