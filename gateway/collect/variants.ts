import type { Exchange, Handler } from "../http/exchange.ts";
import type { ReadBody } from "../http/read-body.ts";
import type { Assignment } from "../model/experiment.ts";
import type { Site } from "../model/site.ts";
import type { Visitor } from "../model/visitor.ts";
import type { WireCookies, WireVariants } from "../model/wire.ts";
import { corsHeaders, originOf } from "./cors.ts";
import { isElsewhere, visitSeconds } from "./own-cookies.ts";
import { toldVisitor } from "./told-visitor.ts";

export interface VariantsOptions {
  readonly readBody: ReadBody;
  readonly resolve: (x: Exchange) => Visitor;
  readonly assign: (site: Site, visitorId: string, path: string) => readonly Assignment[];
  readonly formatXid: (assignments: readonly Assignment[]) => string;
  /** Records that a page on another host shows these variants, which it has asked for; resolves once it is stored. */
  readonly expose: (x: Exchange, seen: Seen) => Promise<void>;
  /** the entity that referred a visit, by the address of its first page and the page before; null without one */
  readonly entityOf: (page: string, before: string) => string | null;
}

/** Who is about to see which variants, and where. */
export interface Seen {
  readonly visitor: Visitor;
  readonly visitorId: string;
  readonly page: string;
  readonly assignments: readonly Assignment[];
}

/**
 * `GET …/x`: what a page may know of its visitor, as `WireVariants`. A page on another host, whose script keeps the
 * id itself, names it: `?vid=`, and says by POST where it is and where it came from: two addresses, a space between;
 * what is none was not said, as where somebody shares a link before the page has a view.
 */
export const variants = (options: VariantsOptions): Handler => {
  return async (x) => {
    const said =
      x.req.method === "POST" ? (await options.readBody(x, 16_384)).toString("utf8").split(" ") : [];
    const [page = "", before = ""] = said.map((address) => (URL.canParse(address) ? address : ""));
    const origin = originOf(x);
    const visitor = options.resolve(x);
    const id = toldVisitor(x, visitor);
    const assignments = id ? options.assign(x.site, id, pathOf(page || x.req.headers.referer)) : [];
    const params = Object.assign({}, ...assignments.map((a) => a.params)) as WireVariants["params"];
    const entity = id ? options.entityOf(page, before) : null;
    // A page of ours has been recorded with its document; of a page elsewhere, this question is all that is seen.
    if (id && page !== "" && origin !== "foreign" && isElsewhere(x) && assignments.length > 0)
      await options.expose(x, { visitor, visitorId: id, page, assignments });
    const told: WireVariants = {
      visitor: id ? id.slice(-4) : null,
      variants: Object.fromEntries(assignments.map((a) => [a.experiment, a.variant])),
      params,
      ...(isElsewhere(x) && id ? { cookies: cookiesOf(options.formatXid(assignments), params, entity) } : {}),
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

/** A final `~` says that there is nothing more to ask for, also where no experiment runs. */
const cookiesOf = (xid: string, params: WireVariants["params"], entity: string | null): WireCookies => {
  const text = JSON.stringify(params);
  return [
    ["xid", `${xid}~`, visitSeconds],
    ...(text === "{}" || text.length > 1024
      ? []
      : [["params", encodeURIComponent(text), visitSeconds] as const]),
    ...(entity ? [["ref", entity, visitSeconds] as const] : []),
  ];
};

const pathOf = (referer: string | undefined): string => {
  try {
    return referer ? new URL(referer).pathname : "/";
  } catch {
    return "/"; // not a URL: as if it had not been sent
  }
};
