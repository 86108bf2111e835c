import type { BodyPass } from "../http/exchange.ts";

export interface Splice {
  /** put on `<html>` */
  readonly attributes: string;
  /** put first into `<head>` */
  readonly head: string;
  /** put there instead where the page names a `<base>`, as far as can be seen by then: it moves relative addresses */
  readonly headWithBase?: string;
  /** the document is XML: what is put into any other place than the page's own elements would end it with an error */
  readonly isXml?: boolean;
}

/** How far into a document its head is looked for, bytes. */
const searchLimit = 65_536;

/** A byte order mark, which says what the first bytes are, may come in pieces too. */
const longestMark = 3;

/**
 * Puts attributes on `<html>` and a tag into `<head>` while the document streams by: holds back only the bytes up to
 * the head. A document without the tags gets the script after its doctype, where HTML's parser opens a head itself.
 */
export const createSplice = (splice: Splice): BodyPass => {
  let held: Buffer | null = Buffer.alloc(0);
  const release = (final: boolean): Buffer => {
    if (held === null) return Buffer.alloc(0);
    if (!final && held.length < longestMark) return Buffer.alloc(0);
    const places = findPlaces(held.toString("latin1"), splice.isXml === true);
    if (!final && places.head === null && held.length < searchLimit) return Buffer.alloc(0);
    const bytes = insert(held, places, splice);
    held = null;
    return bytes;
  };
  return {
    push(chunk) {
      if (held === null) return chunk;
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      return release(false);
    },
    end: () => release(true),
  };
};

interface Places {
  /** just before the `>` of `<html …>` */
  readonly html: number | null;
  /** just after `<head …>` */
  readonly head: number | null;
  /** where a head may be opened when there is none */
  readonly fallback: number;
}

const insert = (bytes: Buffer, places: Places, splice: Splice): Buffer => {
  const head = places.head ?? places.fallback;
  const html = places.html;
  if (splice.isXml && html === null) return bytes;
  if (/^(?:\xff\xfe|\xfe\xff)/.test(bytes.toString("latin1", 0, 2))) return bytes; // UTF-16 that its type does not tell
  const isBased = splice.headWithBase !== undefined && /<base\s/i.test(bytes.toString("latin1", head));
  const put = Buffer.from((isBased && splice.headWithBase) || splice.head);
  if (html === null) return Buffer.concat([bytes.subarray(0, head), put, bytes.subarray(head)]);
  return Buffer.concat([
    bytes.subarray(0, html),
    Buffer.from(splice.attributes),
    bytes.subarray(html, head),
    put,
    bytes.subarray(head),
  ]);
};

/** Walks over what may stand before the head (declarations, doctype, comments, white space) and stops at anything else. */
const findPlaces = (text: string, isXml: boolean): Places => {
  let html: number | null = null;
  let fallback = text.startsWith("\u00ef\u00bb\u00bf") ? 3 : 0; // a byte order mark stays first
  let at = fallback;
  for (;;) {
    while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
    const end = endOfTag(text, at, isXml);
    if (end === null) return { html, head: null, fallback };
    // Before the doctype of a page in XHTML, which counts as HTML by its type, a tag would put the page into quirks mode.
    if (text.startsWith("<!", at) || text.startsWith("<?", at)) {
      at = end;
      if (html === null) fallback = end;
      continue;
    }
    const tag = text.slice(at, end);
    const name = tagName(tag);
    if (isXml && !isOwnTag(tag, name)) return { html, head: fallback, fallback };
    if (name === "head") return { html, head: end, fallback };
    if (name !== "html" || html !== null) return { html, head: fallback, fallback };
    html = end - 1;
    fallback = end;
    at = end;
  }
};

/** In XML an element is the page's by its namespace, its name is in lower case, and nothing goes into one that is empty. */
const isOwnTag = (tag: string, name: string): boolean => {
  if (tag.endsWith("/>") || !tag.startsWith(`<${name}`)) return false;
  return name !== "html" || /\sxmlns\s*=\s*(["'])http:\/\/www\.w3\.org\/1999\/xhtml\1/.test(tag);
};

const tagName = (tag: string): string =>
  /^<([a-z]+)(?=[\s/>])/i.exec(tag.slice(0, 16))?.[1]?.toLowerCase() ?? "";

/** Position after the tag, declaration, comment or doctype that starts at `at`; null where it is not complete yet. */
const endOfTag = (text: string, at: number, isXml: boolean): number | null => {
  if (at >= text.length) return null;
  if (text.charCodeAt(at) !== 0x3c) return at;
  if (text.startsWith("<!--", at)) return after(text, "-->", at + 4);
  if (text.startsWith("<?", at)) return after(text, isXml ? "?>" : ">", at + 2);
  let quote = "";
  let inSubset = false;
  for (let i = at + 1; i < text.length; i++) {
    const c = text.charAt(i);
    if (quote) {
      if (c === quote) quote = "";
    } else if (c === '"' || c === "'") quote = c;
    else if (isXml && (c === "[" || c === "]")) inSubset = c === "[";
    else if (c === ">" && !inSubset) return i + 1;
  }
  return null;
};

const after = (text: string, end: string, from: number): number | null => {
  const at = text.indexOf(end, from);
  return at < 0 ? null : at + end.length;
};
