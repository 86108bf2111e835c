import { createHash, timingSafeEqual } from "node:crypto";
import { headerText } from "../lib/header-text.ts";
import { parseCidrs } from "../lib/ip.ts";
import type { Endpoint } from "../model/protocol.ts";
import type { Site } from "../model/site.ts";
import type { CollectRequest } from "./request.ts";

/** How far a request is believed to come from the site's own server. */
export type Trust = "key" | "address" | "none";

/**
 * Trust in a request: `key` for one that holds a write key of the site (`Authorization: Bearer`, or as the user name
 * of `Basic`), `address` for one from a range of `trustServerEvents` that asks at an endpoint for servers.
 */
export const trustOf = ({ site, headers, address }: CollectRequest, from: Endpoint["from"]): Trust => {
  const authorization = headers["authorization"];
  if (authorization !== undefined && holdsKey(site, authorization)) return "key";
  if (from === "server" && site.trustServerEvents && rangesOf(site)(address)) return "address";
  return "none";
};

/** May what was asked at this endpoint be taken with this trust? */
export const suffices = (trust: Trust, from: Endpoint["from"]): boolean =>
  from === "anyone" || trust === "key" || (from === "server" && trust === "address");

const holdsKey = (site: Site, authorization: string): boolean => {
  if (site.writeKeys.length === 0) return false;
  const given = credentialOf(authorization);
  if (given === null) return false;
  const digest = digestOf(given);
  let holds = false;
  // Every key is compared, whatever the result: the time says nothing about them.
  for (const key of keysOf(site)) if (timingSafeEqual(key, digest)) holds = true;
  return holds;
};

/** The token of `Bearer`, or the user name of `Basic` (RFC 7617: what stands before the first colon); null for neither. */
export const credentialOf = (authorization: string): string | null => {
  const [, scheme = "", rest = ""] = /^(\w+) +(.+)$/.exec(headerText(authorization).trim()) ?? [];
  if (/^bearer$/i.test(scheme)) return rest;
  if (!/^basic$/i.test(scheme)) return null;
  const pair = Buffer.from(rest, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  return colon < 0 ? pair : pair.slice(0, colon);
};

const digestOf = (text: string): Buffer => createHash("sha256").update(text).digest();

const keys = new WeakMap<Site, readonly Buffer[]>();

const keysOf = (site: Site): readonly Buffer[] => {
  let known = keys.get(site);
  if (!known) {
    known = site.writeKeys.map(digestOf);
    keys.set(site, known);
  }
  return known;
};

const ranges = new WeakMap<Site, (address: string) => boolean>();

const rangesOf = (site: Site): ((address: string) => boolean) => {
  let known = ranges.get(site);
  if (!known) {
    known = parseCidrs(site.trustServerEvents ?? []);
    ranges.set(site, known);
  }
  return known;
};
