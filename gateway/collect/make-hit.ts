import type { Keyed } from "../model/event.ts";
import type { Hit } from "../model/hit.ts";
import type { Visitor } from "../model/visitor.ts";
import { type Asked, isForeign } from "./asked.ts";
import { legacyCookies } from "./legacy-cookies.ts";
import type { CollectRequest } from "./request.ts";

/** What decoders read of a request. */
export const hitOf = (request: CollectRequest, asked: Asked, body: string, visitor: Visitor): Hit => {
  const { query } = request;
  const cookies = legacyCookies(request.headers["cookie"]);
  return {
    site: request.site,
    receivedAt: request.receivedAt,
    method: request.method,
    path: request.path,
    query: query === "" ? query : ownQuery(query, request.debugs),
    headers: request.headers,
    cookies,
    body,
    address: request.address,
    visitorId: visitor.id,
    sessionId: visitor.sessionId,
    experiments: visitor.experiments ?? null,
    privacy: visitor.privacy,
    trusted: asked.trust !== "none",
    ...(isForeign(asked) && { isForeign: true }),
    ...(request.takenBy !== undefined && { takenBy: request.takenBy }),
    base: asked.entrance.endpoint.path,
  };
};

/** The query without what it says to us: that the answer be shown, what the visitor chose, and the page's site. */
const ownQuery = (query: string, debugs: boolean): string => {
  const rest = query.replace(/(^|&)tp_(optout|consent|site)=[^&]*/g, "");
  return debugs ? rest.replace(/(^|&)debug=1(?=&|$)/, "") : rest;
};

/** The hit as if the client had sent it that the site's server speaks for: enrichment reads that one's agent. */
export const spokenFor = (hit: Hit, client: NonNullable<Keyed["client"]>): Hit => ({
  ...hit,
  experiments: null, // of who asked, which is the server
  trusted: false,
  address: client.address ?? "",
  headers: { host: hit.headers["host"], "user-agent": client.userAgent },
});
