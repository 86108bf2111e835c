import { isIP } from "node:net";
import { parseCidrs } from "../../lib/ip.ts";
import type { ClientFacts } from "../../model/event.ts";
import type { Hit } from "../../model/hit.ts";
import type { Site } from "../../model/site.ts";
import { type Notes, note } from "../native/notes.ts";
import { type Fields, textOf } from "./fields.ts";

const ranges = new WeakMap<Site, (address: string) => boolean>();

const isOwnServer = ({ site, address, trusted }: Hit): boolean => {
  if (trusted) return true;
  let isIn = ranges.get(site);
  if (!isIn) {
    isIn = parseCidrs(site.trustServerEvents ?? []);
    ranges.set(site, isIn);
  }
  return isIn(address);
};

/**
 * The client that a tag server speaks for (`_uip`, `ua`). Anybody could name another's address: only the site's own
 * servers are believed. Undefined where the request is the client's own.
 */
export const clientOf = (hit: Hit, fields: Fields, notes: Notes): ClientFacts | undefined => {
  const address = textOf(fields, "_uip") ?? textOf(fields, "uip");
  const userAgent = textOf(fields, "ua");
  if (!isOwnServer(hit)) {
    if (address !== undefined)
      note(notes, "_uip", "left out: only the site's own servers may name an address");
    return undefined;
  }
  if (address === undefined && userAgent === undefined && !hit.trusted) return undefined;
  const known = address !== undefined && isIP(address) !== 0 ? address : undefined;
  if (address !== undefined && known === undefined) note(notes, "_uip", "expected an address");
  const agent = userAgent ?? hit.headers["user-agent"];
  return {
    ...(known === undefined ? {} : { address: known }),
    ...(agent === undefined ? {} : { userAgent: agent.slice(0, 512) }),
  };
};
