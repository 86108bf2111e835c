/** The head of a request out of its fields (RFC 9113 §8.3), in the shape of HTTP/1.1's. */
import type { IncomingHttpHeaders } from "node:http";
import { StreamError } from "./frames.ts";

export interface RequestHead {
  readonly method: string;
  readonly path: string;
  /** without pseudo-fields; `:authority` stands as `host` */
  readonly headers: IncomingHttpHeaders;
  /** of the body; null where nobody said it */
  readonly length: number | null;
}

/** Throws where the fields are no request (§8.1.1). */
export const readRequestHead = (fields: readonly string[], isWhole: boolean): RequestHead => {
  const pseudo = readPseudo(fields);
  const headers: IncomingHttpHeaders = Object.create(null); // a field may be called __proto__
  const host = hostOf(pseudo.authority, fields, pseudo.count);
  if (host !== undefined) headers.host = host;
  for (let i = pseudo.count * 2; i < fields.length; i += 2) {
    const name = fields[i] ?? "";
    const value = fields[i + 1] ?? "";
    checkField(name, value);
    if (name !== "host") add(headers, name, value);
  }
  const length = lengthOf(headers["content-length"]);
  if (isWhole && length !== null && length !== 0)
    throw new StreamError("the body that was announced is missing");
  // A body whose length nobody said is what HTTP/1.1 calls chunked: the rest of the program reads one language.
  if (!isWhole && length === null) headers["transfer-encoding"] = "chunked";
  return { method: pseudo.method, path: pseudo.path, headers, length };
};

/** The fields behind a body, as they came; throws where they are none. */
export const readTrailers = (fields: readonly string[]): readonly string[] => {
  for (let i = 0; i < fields.length; i += 2) checkField(fields[i] ?? "", fields[i + 1] ?? "");
  return fields;
};

interface Pseudo {
  readonly method: string;
  readonly path: string;
  readonly authority: string | undefined;
  /** how many fields they are */
  readonly count: number;
}

const readPseudo = (fields: readonly string[]): Pseudo => {
  let [method, path, scheme, authority]: (string | undefined)[] = [];
  let count = 0;
  for (; fields[count * 2]?.startsWith(":"); count++) {
    const value = fields[count * 2 + 1] ?? "";
    switch (fields[count * 2]) {
      case ":method":
        if (method !== undefined || !isToken.test(value)) throw malformed(":method");
        method = value;
        break;
      case ":path":
        if (path !== undefined || !/^(?:\/[^\0- \x7f]*|\*)$/.test(value)) throw malformed(":path");
        path = value;
        break;
      case ":scheme":
        if (scheme !== undefined || value === "") throw malformed(":scheme");
        scheme = value;
        break;
      case ":authority":
        if (authority !== undefined || !/^[!-.0-~]*$/.test(value)) throw malformed(":authority");
        authority = value;
        break;
      default:
        throw malformed("a pseudo-field");
    }
  }
  if (method === "CONNECT" && path === undefined && scheme === undefined)
    return { method, path: authority ?? "", authority, count };
  if (method === undefined || path === undefined || scheme === undefined) throw malformed("a head in parts");
  if (path === "*" && method !== "OPTIONS") throw malformed(":path");
  return { method, path, authority, count };
};

const malformed = (what: string): StreamError => new StreamError(`${what} is no request's`);

/** Two that differ are written as a list, which is no host: the request is refused (§8.3.1). */
const hostOf = (
  authority: string | undefined,
  fields: readonly string[],
  from: number,
): string | undefined => {
  let host: string | undefined;
  for (let i = from * 2; i < fields.length; i += 2) {
    if (fields[i] !== "host") continue;
    if (host !== undefined) throw malformed("a second host");
    host = fields[i + 1];
  }
  return authority !== undefined && host !== undefined && authority !== host
    ? `${authority}, ${host}`
    : (authority ?? host);
};

const isToken = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const isName = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
// Without line ends and NUL, and without blanks around it (§8.2.1).
const isValue = /^(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?$/;

// They speak of a connection of HTTP/1.1 (§8.2.2).
const ofConnection = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

const checkField = (name: string, value: string): void => {
  if (!isName.test(name) || !isValue.test(value)) throw malformed("a field");
  if (ofConnection.has(name) || (name === "te" && value.toLowerCase() !== "trailers"))
    throw malformed("a field of a connection");
};

// Of these the first counts, as in HTTP/1.1; others are lists.
const single = new Set([
  "authorization",
  "content-type",
  "from",
  "if-modified-since",
  "if-unmodified-since",
  "max-forwards",
  "proxy-authorization",
  "referer",
  "user-agent",
]);

const add = (headers: IncomingHttpHeaders, name: string, value: string): void => {
  const before = headers[name];
  if (name === "set-cookie") headers[name] = [...((before as string[] | undefined) ?? []), value];
  else if (before === undefined) headers[name] = value;
  else if (name === "content-length") throw malformed("a second length");
  else if (!single.has(name)) headers[name] = `${before as string}${name === "cookie" ? "; " : ", "}${value}`;
};

const lengthOf = (value: string | undefined): number | null => {
  if (value === undefined) return null;
  if (!/^\d{1,15}$/.test(value)) throw malformed("a length");
  return Number(value);
};
