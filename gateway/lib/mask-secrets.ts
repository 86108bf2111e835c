/**
 * Takes secrets out of what a client sent: the values of names that carry one, in JSON, in lines of it and in form
 * fields. Decoders leave these values out, so that a masked hit gives the events of the hit itself; what is masked
 * twice is what is masked once.
 */
import { isLoginToken, secretNames } from "./secret-names.ts";

/** Stands where a secret stood. */
export const masked = "*";

/** A body or a query without its secrets. */
export const maskSecrets = (text: string): string => {
  if (!suspicious.test(text)) return text;
  if (/^[\s\ufeff]*[[{"]/.test(text)) return maskJson(text, 0);
  return maskForm(text.includes('"') ? maskJson(text, 0) : text);
};

/** A path of names and values that begins behind `base`, without its secrets. */
export const maskTuples = (path: string, base: string): string => {
  if (!suspicious.test(path) || !path.startsWith(base)) return path;
  let name: string | null = null;
  const shown = path
    .slice(base.length)
    .split("/")
    .map((part) => {
      if (part === "") return part; // doubled slashes are one
      const isValue = name !== null;
      const stub = isValue ? stubFor(name ?? "", unescaped(part)) : null;
      name = isValue ? null : unescaped(part);
      return stub ?? part;
    });
  return base + shown.join("/");
};

/** Nearly no hit has any of these: it costs little to know. An escape may stand for any letter. */
const suspicious = /token|secret|passw|pwd|jwt|cv[cv]|(?:_|api|write)key|auth|card_number|eyJ|\\u00|%[4-7]/i;

const isSecret = (name: string): boolean =>
  secretNames.has(name.toLowerCase().replace(/^(?:epn?\.|upn?\.|utm_)/, ""));

/** What takes a secret's place: of a login token what is still seen to be one. Null for what is none. */
const stubFor = (name: string, value: string): string | null => {
  if (isSecret(name)) return masked;
  return isLoginToken(value) ? "eyJ.*" : null;
};

/** Names of addresses, out of which secrets are not stored either. */
const addressNames: ReadonlySet<string> = new Set([
  "url",
  "last",
  "dl",
  "dr",
  "page_location",
  "page_referrer",
]);

const names = [...secretNames].join("|");
const inAddress = new RegExp(`([?&#](?:${names})=)[^&#\\s"\\\\]+`, "gi");

const maskForm = (text: string): string =>
  text
    .split(/([&\r\n])/)
    .map((pair) => {
      const at = pair.indexOf("=");
      if (at < 0) return pair;
      const shown = maskField(formText(pair.slice(0, at)), formText(pair.slice(at + 1)), 0);
      if (shown === null) return pair;
      return pair.slice(0, at + 1) + encodeURIComponent(shown.toWellFormed());
    })
    .join("");

/** JSON in JSON is read so deep. */
const maxDepth = 3;

/** Null where nothing changes. */
const maskField = (name: string, value: string, depth: number): string | null => {
  if (value === "") return null;
  const stub = stubFor(name, value);
  if (stub !== null) return stub === value ? null : stub;
  const isJson = /^[[{]/.test(value);
  if (isJson && depth >= maxDepth) return null;
  const shown = isJson
    ? maskJson(value, depth + 1)
    : addressNames.has(name.toLowerCase())
      ? maskAddress(value)
      : value;
  return shown === value ? null : shown;
};

/** An address without the secrets in its query and fragment. */
export const maskAddress = (url: string): string => url.replaceAll(inAddress, `$1${masked}`);

/** Goes from text to text: one before a colon is a name, any other a value in a list. */
const maskJson = (text: string, depth: number): string => {
  let done = "";
  let copied = 0;
  for (let open = text.indexOf('"'); open >= 0; ) {
    const close = endOfText(text, open);
    const colon = skipSpace(text, close);
    const isName = text[colon] === ":";
    const from = isName ? skipSpace(text, colon + 1) : open;
    const { shown, end } = maskValue(isName ? (textOf(text, open, close) ?? "") : "", text, from, depth);
    if (shown !== null) {
      done += text.slice(copied, from) + shown;
      copied = end;
    }
    open = text.indexOf('"', end);
  }
  return done + text.slice(copied);
};

interface Shown {
  /** takes the value's place; null where it stays */
  readonly shown: string | null;
  /** where to go on: what is within an object is looked at in its turn */
  readonly end: number;
}

/** A secret gives way to something of its kind: what is read of it before it is left out stays the same. */
const maskValue = (name: string, text: string, from: number, depth: number): Shown => {
  const first = text[from] ?? "";
  if (first === '"') {
    const end = endOfText(text, from);
    const value = textOf(text, from, end);
    // What cannot be read is no JSON, and nothing of it is stored but a piece that shows what was refused.
    if (value === null) return { shown: isSecret(name) ? `"${masked}"` : null, end };
    const shown = maskField(name, value, depth);
    return { shown: shown === null ? null : JSON.stringify(shown), end };
  }
  if (!isSecret(name)) return { shown: null, end: from };
  if (first === "{") return { shown: "{}", end: endOfContainer(text, from) };
  if (first === "[") return { shown: "[]", end: endOfContainer(text, from) };
  plainEnd.lastIndex = from;
  const end = plainEnd.exec(text)?.index ?? text.length;
  return { shown: /[-\d]/.test(first) ? "0" : null, end };
};

const plainEnd = /[,}\]\s]/g;

/** The text of a quoted one; null for what is no text of JSON. */
const textOf = (text: string, open: number, close: number): string | null => {
  const quoted = text.slice(open, close);
  if (quoted.length < 2 || !quoted.endsWith('"')) return null;
  if (!quoted.includes("\\")) return quoted.slice(1, -1);
  try {
    return String(JSON.parse(quoted));
  } catch {
    return null; // the caller knows what that means
  }
};

/** The place behind the closing quote, or the end. */
const endOfText = (text: string, open: number): number => {
  for (let close = text.indexOf('"', open + 1); close >= 0; close = text.indexOf('"', close + 1)) {
    let slashes = 0;
    while (text[close - 1 - slashes] === "\\") slashes++;
    if (slashes % 2 === 0) return close + 1;
  }
  return text.length;
};

const endOfContainer = (text: string, from: number): number => {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const one = text[at];
    if (one === '"') at = endOfText(text, at) - 1;
    else if (one === "{" || one === "[") depth++;
    else if ((one === "}" || one === "]") && --depth === 0) return at + 1;
  }
  return text.length;
};

const skipSpace = (text: string, from: number): number => {
  space.lastIndex = from;
  return space.exec(text)?.index ?? text.length;
};

const space = /\S/g;

const formText = (text: string): string => unescaped(text.replaceAll("+", " "));

const unescaped = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // it is read as it stands
  }
};
