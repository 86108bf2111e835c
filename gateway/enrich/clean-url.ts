/**
 * Takes parameters out of an address as text. What stays is byte for byte what was sent, but where a parameter went that
 * the caller named: then the others stand in the order of their names, so that one page has one address.
 */
import { contactNames, secretNames } from "../lib/secret-names.ts";

type Excludes = (name: string) => boolean;

const nothing: Excludes = () => false;

/**
 * The address without the parameters that `exclude` names, and `excludeInHash` in the fragment, without secrets, and
 * without a user and password. Names are asked for in lower case.
 */
export const cleanUrl = (url: string, exclude: Excludes, excludeInHash = nothing): string => {
  const [beforeHash, hash] = splitAt(url, "#");
  const [address, query] = splitAt(beforeHash, "?");
  const bare = address.replace(userInfo, "$1");
  const keptQuery = keepPairs(query, exclude);
  const keptHash = cleanHash(hash, excludeInHash);
  if (bare === address && keptQuery === query && keptHash === hash) return url;
  return bare + withMark("?", keptQuery) + withMark("#", keptHash);
};

/** Logins hand their token over in the fragment: `#access_token=…`, `#/login?token=…`. */
const cleanHash = (hash: string, exclude: Excludes): string => {
  if (!hash.includes("=")) return hash;
  const [route, query] = hash.includes("?") ? splitAt(hash, "?") : ["", hash];
  const kept = keepPairs(query, exclude);
  return kept === query ? hash : route + (route === "" ? kept : withMark("?", kept));
};

const splitAt = (text: string, mark: string): [before: string, after: string] => {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
};

const withMark = (mark: string, text: string): string => (text === "" ? "" : mark + text);

const userInfo = /^([A-Za-z][A-Za-z0-9+.-]*:\/\/|\/\/)[^/@]*@/;

const keepPairs = (query: string, exclude: Excludes): string => {
  if (query === "") return query;
  const open = query.split("&").filter((pair) => !isPrivate(nameOf(pair)));
  const kept = open.filter((pair) => !exclude(nameOf(pair)));
  return kept.length < open.length ? inOrder(kept) : kept.join("&");
};

const inOrder = (pairs: readonly string[]): string =>
  pairs
    .filter((pair) => pair !== "")
    .map((pair): [name: string, value: string] => {
      const at = pair.indexOf("=");
      return at < 0
        ? [decodeText(pair), ""]
        : [decodeText(pair.slice(0, at)), decodeText(pair.slice(at + 1))];
    })
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => `${formText(name)}=${formText(value)}`)
    .join("&");

/** As forms are encoded, but `~`, which addresses have as it is (RFC 3986 §2.3). */
const formText = (text: string): string =>
  encodeURIComponent(text.toWellFormed())
    .replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");

/** The name of a `name=value` pair, decoded and in lower case. */
export const nameOf = (pair: string): string => {
  const at = pair.indexOf("=");
  return decodeText(at < 0 ? pair : pair.slice(0, at)).toLowerCase();
};

/** Form-decodes a text; what is not encoded right stays as it is. */
export const decodeText = (text: string): string => {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
};

const isPrivate = (name: string): boolean => secretNames.has(name) || contactNames.has(name);
