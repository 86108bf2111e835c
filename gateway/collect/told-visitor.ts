import type { Exchange } from "../http/exchange.ts";
import type { Visitor } from "../model/visitor.ts";

/**
 * The visitor a question of a page is about: its cookie's, else the one that a page on another host names, whose script
 * keeps the id itself (`?vid=`). Null where visitors are not told apart, or this one does not want to be.
 */
export const toldVisitor = (x: Exchange, { id, privacy }: Visitor): string | null => {
  if (privacy.tracking !== "full" || x.site.cookieless) return null;
  if (id) return id;
  const given = new URLSearchParams(x.query).get("vid") ?? "";
  return given === "" || given === "undefined" ? null : given.slice(0, 128);
};
