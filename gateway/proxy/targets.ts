import type { Upgrade } from "../http/exchange.ts";

/** The target for the upstream: as it came, or without the route's path, or with another in its place. */
export const createTargets = (
  { strip, rewrite }: { readonly strip: boolean; readonly rewrite: string | null },
  base: string,
): ((x: Upgrade) => string) => {
  if (!strip && rewrite === null) return asItCame;
  const stem = base.endsWith("/") ? base.slice(0, -1) : base;
  const front = (rewrite ?? "").replace(/\/$/, "");
  return ({ path, query }) => {
    // A path may be written in several ways and still be this route's: one that is not written so is sent as it came.
    const rest = path === stem || path.startsWith(`${stem}/`) ? path.slice(stem.length) : null;
    const target = rest === null ? path : `${front}${rest === "" ? "/" : rest}`;
    return query === "" ? target : `${target}?${query}`;
  };
};

/** An absolute target without the part that names us. */
const asItCame = ({ req, path, query }: Upgrade): string => {
  const url = req.url ?? "/";
  if (url.charCodeAt(0) === 0x2f) return url;
  return query === "" ? path : `${path}?${query}`;
};
