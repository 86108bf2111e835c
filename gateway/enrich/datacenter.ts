/** Hits from where no people are: machines in data centers, by ranges of addresses that the settings name. */
import { readFileSync } from "node:fs";
import { createCache } from "../lib/cache.ts";
import { parseCidrs } from "../lib/ip.ts";
import type { Site } from "../model/site.ts";
import { createRangeFinder, type NamedRange, type RangeFinder } from "./address-ranges.ts";
import { label } from "./bot-rules.ts";
import type { Pass } from "./pass.ts";

/** Labels what comes from these ranges, and is not labelled by its user agent. */
export const markDatacenter = (cacheSize: number): Pass => {
  const finders = new WeakMap<Site, RangeFinder>();
  const finderOf = (site: Site): RangeFinder => {
    const known = finders.get(site);
    if (known) return known;
    const made = remembering(createRangeFinder(rangesOrNone(site)), cacheSize);
    finders.set(site, made);
    return made;
  };
  return (event, { site, address, trusted }) => {
    if (event.bot || trusted || !address || !site.datacenterRanges?.length) return;
    const found = finderOf(site)(address);
    if (found !== null) event.bot = label("datacenter", `${found.name} ${found.cidr}`.trim());
  };
};

const remembering = (find: RangeFinder, cacheSize: number): RangeFinder => {
  const known = createCache<string, { readonly found: NamedRange | null }>(cacheSize);
  return (address) => {
    const before = known.get(address);
    if (before) return before.found;
    const found = find(address);
    known.set(address, { found });
    return found;
  };
};

/** The settings were checked at the start: a file that has gone since must not stop events. */
const rangesOrNone = (site: Site): readonly NamedRange[] => {
  try {
    return readRanges(site.datacenterRanges ?? []);
  } catch {
    return [];
  }
};

/** True for an address or range itself; everything else is a file of them. */
export const isRange = (entry: string): boolean =>
  /^[\d.]+(?:\/\d+)?$|^[\da-f:.]*:[\da-f:.]*(?:\/\d+)?$/i.test(entry);

/** The ranges of the entries and of the files among them. Throws one sentence. */
export const readRanges = (entries: readonly string[]): readonly NamedRange[] =>
  entries.flatMap((entry) => (isRange(entry) ? [checked({ cidr: entry, name: "" }, "")] : readFile(entry)));

const readFile = (file: string): readonly NamedRange[] => {
  const text = read(file);
  const isJson = /^\s*[[{]/.test(text);
  const found = isJson ? rangesIn(parse(text, file)) : text.split("\n").flatMap(lineRange);
  if (found.length === 0) throw new Error(`${file} holds no address ranges`);
  return found.map((range) => checked(range, `${file}: `));
};

const read = (file: string): string => {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new Error(`${file} cannot be read (${cause instanceof Error ? cause.message : String(cause)})`, {
      cause,
    });
  }
};

const parse = (text: string, file: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`${file} is neither JSON nor lines of address ranges`, { cause });
  }
};

/** A range, and behind it a name; `#` begins a comment. */
const lineRange = (line: string): readonly NamedRange[] => {
  const [cidr = "", ...name] = (line.split("#", 1)[0] ?? "").trim().split(/[\s,;]+/);
  return cidr === "" ? [] : [{ cidr, name: name.join(" ").slice(0, 60) }];
};

/** Fields under which clouds publish their ranges, with those that name the service. */
const rangeFields = ["ip_prefix", "ipv6_prefix", "ipv4Prefix", "ipv6Prefix", "cidr", "prefix"] as const;
const nameFields = ["service", "name", "provider", "scope"] as const;

/** Every range anywhere in what a cloud publishes; texts that look like ranges count as well. */
const rangesIn = (value: unknown, name = ""): readonly NamedRange[] => {
  if (typeof value === "string") return isRange(value) && value.includes("/") ? [{ cidr: value, name }] : [];
  if (Array.isArray(value)) return value.flatMap((one: unknown) => rangesIn(one, name));
  if (typeof value !== "object" || value === null) return [];
  const fields = value as Readonly<Record<string, unknown>>;
  const own = nameFields.map((field) => fields[field]).find((one) => typeof one === "string") ?? name;
  const ranges = rangeFields.flatMap((field) => rangesIn(fields[field], String(own)));
  if (ranges.length > 0) return ranges;
  return Object.values(fields).flatMap((one) => (typeof one === "object" ? rangesIn(one, String(own)) : []));
};

const checked = (range: NamedRange, where: string): NamedRange => {
  try {
    parseCidrs([range.cidr]);
    return range;
  } catch (cause) {
    throw new Error(`${where}${JSON.stringify(range.cidr.slice(0, 60))} is not an address or a CIDR range`, {
      cause,
    });
  }
};
