import type { Exchange, Handler } from "../http/exchange.ts";
import { HttpError } from "../http/http-error.ts";
import type { ReadBody } from "../http/read-body.ts";
import type { Site } from "../model/site.ts";
import type { Visitor } from "../model/visitor.ts";
import type { WireLink } from "../model/wire.ts";
import { corsHeaders, originOf } from "./cors.ts";
import { toldVisitor } from "./told-visitor.ts";

export interface LinkOptions {
  readonly readBody: ReadBody;
  readonly resolve: (x: Exchange) => Visitor;
  /**
   * What a visitor's link is: `text` is what the page sent, `page` where it was sent from. Null where there is no link.
   */
  readonly linkOf: (site: Site, visitorId: string, text: string, page: string | undefined) => string | null;
}

/**
 * `POST …/share` and `POST …/handover`: a link, or a part of one, that only the gateway can make for the visitor, as
 * `WireLink`. Answers the text that was sent where there is none.
 */
export const visitorLink =
  ({ readBody, resolve, linkOf }: LinkOptions): Handler =>
  async (x) => {
    if (x.req.method !== "POST")
      throw new HttpError(405, "only POST is answered here", { headers: { allow: "POST" } });
    const origin = originOf(x);
    if (origin === "foreign")
      throw new HttpError(403, "a page of another site cannot make links of this visitor");
    const text = (await readBody(x, 16_384)).toString("utf8");
    const id = toldVisitor(x, resolve(x));
    const link = id && linkOf(x.site, id, text, x.req.headers.referer ?? x.req.headers.origin);
    const told: WireLink = { cookies: [], ...(link ? { link } : {}) };
    x.res.writeHead(200, [
      ...corsHeaders(x, origin),
      "content-type",
      "application/json",
      "cache-control",
      "no-store",
    ]);
    x.res.end(JSON.stringify(told));
  };
