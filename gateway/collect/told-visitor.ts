import type { Exchange } from "../http/exchange.ts";
import type { Visitor } from "../model/visitor.ts";
import { readVisitorId } from "../model/visitor-id.ts";

/**
 * The visitor a question of a page is about: its cookie's, else the one that a page on another host names, whose script
 * keeps the id itself (`?vid=`). Null where visitors are not told apart, or this one does not want to be.
 */
export const toldVisitor = (x: Exchange, { id, privacy }: Visitor): string | null => {
  if (privacy.tracking !== "full" || x.site.cookieless) return null;
  if (id) return id;
  // As events name him, whatever old scripts wrote: else what he saw and what he did would be two people's.
  return readVisitorId(new URLSearchParams(x.query).get("vid") ?? "");
};
