import { isIPv4, isIPv6 } from "node:net";

/**
 * The address with its last part zeroed: level 0 keeps it, 1 masks to /24 and /48, 2 to /16 and /32, 3 to
 * /8 and /16, 4 leaves only which of the two kinds it is. An IPv4 address written as IPv6 is masked as IPv4. Null for what is no address.
 */
export const maskIp = (address: string, level: number): string | null => {
  if (isIPv4(address)) return maskV4(address, level);
  if (!isIPv6(address)) return null;
  const groups = readV6(address);
  if (isMappedV4(groups)) return maskV4(v4Of(groups), level);
  const kept = v6Groups[level] ?? 0; // none at level 4
  return writeV6(groups.map((group, i) => (i < kept ? group : 0)));
};

/** How many of the eight groups of an IPv6 address each level keeps. */
const v6Groups = [8, 3, 2, 1] as const;

const maskV4 = (address: string, level: number): string => {
  let end = address.length;
  if (level >= 4) return "0.0.0.0";
  for (let i = 0; i < level; i++) end = address.lastIndexOf(".", end - 1);
  return address.slice(0, end) + ".0".repeat(level);
};

const readV6 = (address: string): number[] => {
  const [bare = ""] = address.split("%"); // a zone (fe80::1%eth0) says which of our cards, not who
  const [head = "", tail] = bare.split("::");
  const left = readGroups(head);
  if (tail === undefined) return left;
  const right = readGroups(tail);
  return [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
};

const readGroups = (text: string): number[] =>
  text === "" ? [] : text.split(":").flatMap((part) => (part.includes(".") ? v4Groups(part) : [hex(part)]));

const v4Groups = (text: string): number[] => {
  const [a = 0, b = 0, c = 0, d = 0] = text.split(".").map(Number);
  return [a * 256 + b, c * 256 + d];
};

const hex = (text: string): number => Number.parseInt(text, 16);

const isMappedV4 = (groups: readonly number[]): boolean =>
  groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);

const v4Of = (groups: readonly number[]): string => {
  const [high = 0, low = 0] = groups.slice(6);
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`;
};

/** RFC 5952: lower case, the longest run of two or more zero groups as `::`, the first of equal runs. */
const writeV6 = (groups: readonly number[]): string => {
  let start = -1;
  let length = 1;
  for (let i = 0; i < groups.length; i++) {
    let end = i;
    while (groups[end] === 0) end++;
    if (end - i <= length) continue;
    start = i;
    length = end - i;
  }
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  if (start < 0) return text(groups);
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
};
