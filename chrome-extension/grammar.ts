/**
 * The grammar of a tracked link. Pure: text in, a link or a mistake out. The order of the parameters, `gu=1`
 * and the three forms are those that links already out in the world have.
 */
import { cleanKey, cleanWord, isUuid } from "./values.ts";

/** `internal` tags the address itself; `external` and `pixel` lead through a gateway. */
export type LinkKind = "internal" | "external" | "pixel";

export interface LinkFields {
  readonly url: string;
  readonly kind: LinkKind;
  /** host of the gateway, for external links and pixels */
  readonly tracker: string;
  /** an external address gets no parameters of its own */
  readonly plain: boolean;
  readonly tags: Tags;
}

/** What is typed into the form, by the parameter's name; an absent or empty one is left out. */
export type Tags = { readonly [Name in TagName]?: string | undefined };
export type TagName = (typeof parameters)[number]["name"];

export type TrackedLink =
  | { readonly kind: "link"; readonly link: string }
  | { readonly kind: "mistake"; readonly field: "url" | "tracker" | TagName; readonly sentence: string };

interface Parameter {
  readonly name: string;
  readonly clean: (text: string) => string;
  /** what is wrong with a value, where not every text will do */
  readonly refuse?: (text: string) => string | null;
}

/** In the order in which they stand in a link. */
export const parameters = [
  { name: "ptyp", clean: cleanWord },
  { name: "utm_source", clean: cleanWord },
  { name: "utm_medium", clean: cleanWord },
  { name: "utm_campaign", clean: cleanWord },
  { name: "utm_term", clean: cleanWord },
  { name: "aff", clean: cleanWord },
  { name: "sink", clean: cleanWord },
  {
    name: "score",
    clean: (text) => text.trim(),
    refuse: (text) =>
      /^-?\d+(\.\d+)?$/.test(text.trim()) ? null : "Bad score: expected a number such as 6 or 0.5.",
  },
  { name: "xid", clean: cleanKey },
  { name: "ver", clean: cleanKey },
  {
    name: "auth",
    clean: (text) => text.trim().toLowerCase(),
    refuse: (text) =>
      isUuid(text.trim())
        ? null
        : "Bad author ID: expected a UUID such as 14fb0860-b4bf-11e9-8971-7b80435315ac.",
  },
  { name: "utm_content", clean: cleanWord },
  { name: "etyp", clean: cleanWord },
  { name: "ref", clean: cleanKey },
  { name: "uname", clean: cleanWord },
] as const satisfies readonly Parameter[];

/** The tracked link, or the first mistake as a sentence for the person who typed it. */
export const trackedLink = (fields: LinkFields): TrackedLink => {
  if (fields.url.trim() === "") {
    return {
      kind: "mistake",
      field: "url",
      sentence: "URL required: type the address that the link leads to.",
    };
  }
  const url = parseAddress(fields.url);
  const refused = url ? refuseAddress(url) : notOfTheWeb(fields.url);
  if (!url || refused !== null) return { kind: "mistake", field: "url", sentence: `Bad URL: ${refused}` };
  const mistake = findMistake(fields.tags);
  if (mistake) return mistake;
  const pairs = tagPairs(fields.tags);
  const tagged = addQuery(url.href, pairs);
  const made: TrackedLink =
    fields.kind === "internal"
      ? { kind: "link", link: tagged }
      : throughTracker(fields, pairs, { url: url.href, tagged });
  return made.kind === "link" && made.link.length > longest ? tooLong(made.link.length) : made;
};

/** What a server reads of a request's first line at most, ours and others. */
const longest = 8000;

const tooLong = (length: number): TrackedLink => ({
  kind: "mistake",
  field: "url",
  sentence: `Bad URL: the link would have ${length} characters, and servers refuse more than ${longest}.`,
});

const notOfTheWeb = (text: string): string => {
  const [scheme] = /^[a-z][a-z\d+.-]*:(?!\d)/i.exec(text.trim()) ?? [];
  const example = "one such as https://shop.example/pricing.";
  if (!scheme || /^https?:$/i.test(scheme)) return `expected ${example}`;
  return `${scheme.toLowerCase()} leads to no page of the web; expected ${example}`;
};

/** What nobody means to pass on. */
const refuseAddress = ({ username, password }: URL): string | null =>
  username === "" && password === ""
    ? null
    : "it holds a user name or password, which everybody with the link would have: take it out.";

/** An http(s) address as a person types it, also without its scheme; null for anything else. */
export const parseAddress = (text: string): URL | null => {
  const trimmed = text.trim();
  const hasScheme = /^[a-z][a-z\d+.-]*:(?!\d)/i.test(trimmed);
  if (!hasScheme && !/^[^\s/?#:@]+\.[^\s/?#:@]+|^localhost\b|^\[[\da-f:.]+\]/i.test(trimmed)) return null;
  if (/\s/.test(trimmed)) return null;
  try {
    const url = new URL(hasScheme ? trimmed : `${usualScheme(trimmed)}//${trimmed}`);
    const isHost = !/^\.|\.\./.test(url.hostname);
    return /^https?:$/.test(url.protocol) && isHost ? url : null;
  } catch {
    return null; // the browser's own parser cannot read it
  }
};

/** Nobody has a certificate for this machine or for an address. */
const usualScheme = (text: string): string =>
  /^(localhost|[\d.]+|\[[^\]]*\])([:/?#]|$)/i.test(text) ? "http:" : "https:";

const findMistake = (tags: Tags): TrackedLink | null => {
  for (const parameter of parameters) {
    const text = tags[parameter.name]?.trim();
    if (!text) continue;
    const sentence = "refuse" in parameter ? parameter.refuse(text) : refuseLost(text, parameter.clean(text));
    if (sentence) return { kind: "mistake", field: parameter.name, sentence };
  }
  return null;
};

/** A link without a tag that was typed would be passed on as one that has it. */
const refuseLost = (text: string, left: string): string | null =>
  /[a-z\d]/i.test(left)
    ? null
    : `Bad value: nothing is left of "${text.slice(0, 20)}", as links carry the letters a to z, digits and _.`;

const throughTracker = (
  { kind, tracker, plain }: LinkFields,
  pairs: readonly Pair[],
  target: { readonly url: string; readonly tagged: string },
): TrackedLink => {
  if (tracker.trim() === "") {
    return {
      kind: "mistake",
      field: "tracker",
      sentence: "Tracker required: type the host of your Turnpike.",
    };
  }
  const gateway = parseAddress(tracker);
  if (!gateway) {
    return {
      kind: "mistake",
      field: "tracker",
      sentence: "Bad tracker: expected a host such as t.example.com.",
    };
  }
  const isPixel = kind === "pixel";
  const url = isPixel || plain ? target.url : target.tagged;
  const path = isPixel ? "/img/v1/" : "/rdr/v1/";
  return {
    kind: "link",
    link: addQuery(gateway.origin + path, [...pairs, ["url", encodeURIComponent(url)]]),
  };
};

type Pair = readonly [name: string, value: string];

const tagPairs = (tags: Tags): Pair[] => {
  const pairs: Pair[] = [["gu", "1"]];
  for (const { name, clean } of parameters) {
    const value = clean(tags[name] ?? "");
    if (value) pairs.push([name, value]);
  }
  return pairs;
};

/** Adds pairs before the fragment. What the query already says of the same name goes, so that tagging twice is tagging once. */
const addQuery = (address: string, pairs: readonly Pair[]): string => {
  const [beforeFragment = "", ...fragment] = address.split("#");
  const [path = "", ...query] = beforeFragment.split("?");
  const names = new Set(pairs.map(([name]) => name));
  const kept = query
    .join("?")
    .split("&")
    .filter((part) => part !== "" && !names.has(nameOf(part)));
  const all = [...kept, ...pairs.map(([name, value]) => `${name}=${value}`)];
  return [`${path}?${all.join("&")}`, ...fragment].join("#");
};

/** The name of a pair as a server reads it: `utm%5Fsource` is `utm_source`. */
const nameOf = (pair: string): string => {
  const [name = ""] = pair.split("=", 1);
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // an escape that is none
  }
};
