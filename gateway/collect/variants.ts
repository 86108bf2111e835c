import type { Exchange, Handler } from "../http/exchange.ts";
import type { Assignment } from "../model/experiment.ts";
import type { Site } from "../model/site.ts";
import type { Visitor } from "../model/visitor.ts";
import type { WireVariants } from "../model/wire.ts";
import { corsHeaders, originOf } from "./cors.ts";

export interface VariantsOptions {
  readonly resolve: (x: Exchange) => Visitor;
  readonly assign: (site: Site, visitorId: string, path: string) => readonly Assignment[];
}

/**
 * `GET …/x`: what a page may know of its visitor, as `WireVariants`. A page on another host, whose script keeps the
 * id itself, names it: `?vid=`.
 */
export const variants = (options: VariantsOptions): Handler => {
  return (x) => {
    const origin = originOf(x);
    const visitor = options.resolve(x);
    const given = new URLSearchParams(x.query).get("vid");
    const id = visitor.id ?? (visitor.privacy.tracking === "full" && given ? given.slice(0, 128) : null);
    const assignments = id ? options.assign(x.site, id, pathOf(x.req.headers.referer)) : [];
    const told: WireVariants = {
      visitor: id ? id.slice(-4) : null,
      variants: Object.fromEntries(assignments.map((a) => [a.experiment, a.variant])),
      params: Object.assign({}, ...assignments.map((a) => a.params)) as WireVariants["params"],
    };
    x.res.writeHead(200, [
      ...corsHeaders(x, origin),
      "content-type",
      "application/json",
      "cache-control",
      "no-store",
    ]);
    x.res.end(JSON.stringify(told));
  };
};

const pathOf = (referer: string | undefined): string => {
  try {
    return referer ? new URL(referer).pathname : "/";
  } catch {
    return "/"; // not a URL: as if it had not been sent
  }
};
