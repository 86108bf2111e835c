import { isIPv4, isIPv6, SocketAddress } from "node:net";
import { forwardedFor } from "./forwarded.ts";

/** 16-bit groups: two for IPv4 (and for IPv4 mapped into IPv6), eight for IPv6. */
type Groups = readonly number[];

interface Range {
  readonly groups: Groups;
  readonly bits: number;
}

/**
 * A test for membership in addresses and CIDR ranges. IPv4 mapped into IPv6 counts as IPv4; what is no
 * address is in no range. A bad entry throws an `Error` that names it.
 */
export const parseCidrs = (list: readonly string[]): ((address: string) => boolean) => {
  if (list.length === 0) return () => false;
  const ranges = list.map(parseCidr);
  return (address) => {
    const groups = groupsOf(address);
    if (!groups) return false;
    for (const range of ranges) if (contains(range, groups)) return true;
    return false;
  };
};

const parseCidr = (text: string): Range => {
  const slash = text.indexOf("/");
  const groups = groupsOf(slash < 0 ? text : text.slice(0, slash));
  if (!groups) throw new Error(`ip: ${JSON.stringify(text)} is not an address or a CIDR range`);
  const most = groups.length * 16;
  if (slash < 0) return { groups, bits: most };
  const suffix = text.slice(slash + 1);
  // `::ffff:10.0.0.0/104` speaks of the IPv6 form, whose first 96 bits are the mapping.
  const bits = Number(suffix) - (most === 32 && text.includes(":") ? 96 : 0);
  if (!/^\d{1,3}$/.test(suffix) || bits < 0 || bits > most) {
    throw new Error(`ip: ${JSON.stringify(text)} has no prefix length between 0 and ${most}`);
  }
  return { groups, bits };
};

const contains = (range: Range, groups: Groups): boolean => {
  if (range.groups.length !== groups.length) return false;
  for (let i = 0, left = range.bits; left > 0; i++, left -= 16) {
    const mask = left >= 16 ? 0xffff : (0xffff << (16 - left)) & 0xffff;
    if (((range.groups[i] ?? 0) ^ (groups[i] ?? 0)) & mask) return false;
  }
  return true;
};

const groupsOf = (address: string): Groups | null => {
  const ipv4 = ipv4Groups(address);
  if (ipv4) return ipv4;
  const zone = address.indexOf("%");
  const bare = zone < 0 ? address : address.slice(0, zone);
  if (!isIPv6(bare)) return null;
  const groups = ipv6Groups(bare);
  return isMapped(groups) ? groups.slice(6) : groups;
};

// On the way of every request, hence by hand. A leading zero is refused: to some readers it means octal.
const ipv4Groups = (text: string): Groups | null => {
  let value = 0;
  let dots = 0;
  let part = -1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x2e && part >= 0 && dots < 3) {
      dots++;
      value = value * 256 + part;
      part = -1;
    } else if (code >= 0x30 && code <= 0x39 && part !== 0) {
      part = Math.max(part, 0) * 10 + code - 0x30;
      if (part > 255) return null;
    } else return null;
  }
  if (dots < 3 || part < 0) return null;
  value = value * 256 + part;
  return [Math.floor(value / 65_536), value % 65_536];
};

const ipv6Groups = (address: string): Groups => {
  const [head = "", tail] = address.split("::");
  const before = sideGroups(head);
  if (tail === undefined) return before;
  const after = sideGroups(tail);
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
};

const sideGroups = (side: string): Groups =>
  side === ""
    ? []
    : side
        .split(":")
        .flatMap((group) => (group.includes(".") ? (ipv4Groups(group) ?? []) : Number.parseInt(group, 16)));

const isMapped = (groups: Groups): boolean =>
  groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);

/** A socket's address as people write it: IPv4 mapped into IPv6 as IPv4, without a zone. */
export const plainAddress = (address: string | undefined): string => {
  if (address === undefined) return "";
  const bare = address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
  const zone = bare.indexOf("%");
  return zone < 0 ? bare : bare.slice(0, zone);
};

/**
 * The client's address: through `X-Forwarded-For` from right to left as long as the hop that named the next
 * one is trusted. The first element that is no address ends the walk at the last hop that is one; an empty one is
 * none (RFC 9110 §5.6.1.2).
 */
export const clientAddress = (
  socketAddress: string | undefined,
  forwardedFor: string | undefined,
  isTrusted: (address: string) => boolean,
): string => {
  let address = plainAddress(socketAddress);
  if (!forwardedFor || !isTrusted(address)) return address;
  const hops = forwardedFor.split(",");
  for (let i = hops.length - 1; i >= 0; i--) {
    const text = hops[i]?.trim() ?? "";
    if (text === "") continue;
    const hop = parseHop(text);
    if (!hop) return address;
    address = hop;
    if (!isTrusted(hop)) return hop;
  }
  return address;
};

/** Headers in which a proxy names the client outright, first one present wins. */
export const namingHeaders: readonly string[] = [
  "x-real-ip",
  "x-client-ip",
  "cf-connecting-ip",
  "true-client-ip",
];

/**
 * The client's address by all headers of a request. A header that names the client outright counts only from a trusted
 * proxy, and only where `X-Forwarded-For` leads to no address that is not trusted: proxies append to that one, while
 * the others may be the client's own. `Forwarded` counts where none of these leads anywhere: most proxies do not know it, and
 * let a client's pass.
 */
export const clientOf = (
  socketAddress: string | undefined,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  isTrusted: (address: string) => boolean,
): string => {
  const forwarded = headers["x-forwarded-for"];
  const text = typeof forwarded === "string" ? forwarded : undefined;
  const walked = clientAddress(socketAddress, text, isTrusted);
  if (!isTrusted(walked)) return walked;
  for (const name of namingHeaders) {
    const value = headers[name];
    const named = typeof value === "string" ? parseHop(value) : null;
    if (named) return named;
  }
  const way = headers["forwarded"];
  if (typeof way !== "string" || text !== undefined) return walked;
  return clientAddress(socketAddress, forwardedFor(way), isTrusted);
};

// Some proxies write `192.0.2.1:4711` or `"[2001:db8::1]:4711"` (as RFC 7239 §6 has it).
const parseHop = (text: string): string | null => {
  const hop = text.trim().replaceAll('"', "");
  if (isIPv4(hop)) return hop;
  const bracketed = hop.startsWith("[") ? hop.slice(1, hop.indexOf("]")) : hop;
  if (isIPv6(bracketed)) {
    return plainAddress(new SocketAddress({ address: bracketed, family: "ipv6" }).address);
  }
  const colon = hop.indexOf(":");
  return colon > 0 && isIPv4(hop.slice(0, colon)) ? hop.slice(0, colon) : null;
};

/**
 * What one customer of a provider holds: the IPv4 address itself, the /64 of an IPv6 address. Clients of IPv4 that a
 * translator brings to a server of IPv6 alone are all in one /64 (64:ff9b::/96, RFC 6052): each is his own.
 */
export const networkOf = (address: string): string => {
  if (!address.includes(":")) return address;
  const groups = groupsOf(address);
  if (!groups) return address;
  if (groups.length === 2) return ipv4Text(groups);
  if (isTranslated(groups)) return ipv4Text(groups.slice(6));
  const network = groups.slice(0, 4).map((group) => group.toString(16));
  return `${network.join(":")}::/64`;
};

const isTranslated = (groups: Groups): boolean =>
  groups[0] === 0x64 && groups[1] === 0xff9b && groups.slice(2, 6).every((group) => group === 0);

const ipv4Text = (groups: Groups): string => groups.flatMap((group) => [group >> 8, group & 0xff]).join(".");
