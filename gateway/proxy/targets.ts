import type { Upgrade } from "../http/exchange.ts";
import { pathsBelow } from "../lib/url-path.ts";

/** The target for the upstream: as it came, or without the route's path, or with another in its place. */
export const createTargets = (
  { strip, rewrite }: { readonly strip: boolean; readonly rewrite: string | null },
  base: string,
): ((x: Upgrade) => string) => {
  if (!strip && rewrite === null) return asItCame;
  const below = pathsBelow(base);
  const front = (rewrite ?? "").replace(/\/$/, "");
  return (x) => {
    const came = asItCame(x);
    const mark = came.indexOf("?");
    const path = mark < 0 ? came : came.slice(0, mark);
    const rest = below(path);
    const target = rest === null ? path : `${front}${rest === "" ? "/" : rest}`;
    return mark < 0 ? target : `${target}${came.slice(mark)}`;
  };
};

/** As the client wrote it; an absolute target without the part that names us. */
const asItCame = ({ req }: Upgrade): string => {
  const url = req.url ?? "/";
  if (url.charCodeAt(0) === 0x2f) return url;
  const target = url.replace(/^https?:\/\/[^/?]*/i, "");
  return target.startsWith("/") ? target : `/${target}`;
};
