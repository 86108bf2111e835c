import { HttpError } from "../http/http-error.ts";
import { normalPath } from "../lib/url-path.ts";

/** What a request asks for. */
export interface Target {
  /** percent-encoded, in the one way of writing it (RFC 3986 §6.2.2), without the query; `*` for `OPTIONS *` */
  readonly path: string;
  /** without the `?` */
  readonly query: string;
  /** as the client wrote it, with its port; empty when an HTTP/1.0 client names none */
  readonly authority: string;
}

/**
 * Reads the request target (RFC 9112 §3.2): origin-form, `OPTIONS *`, or absolute-form, whose authority must
 * be that of `Host`, because a server behind us may believe either. Anything else is refused with 400.
 */
export const parseTarget = (method: string, url: string, hostHeader: string | undefined): Target => {
  const authority = hostHeader ?? "";
  if (url.charCodeAt(0) === 0x2f /* / */) return split(url, authority);
  if (url === "*" && method === "OPTIONS") return { path: "*", query: "", authority };
  return parseAbsolute(url, hostHeader);
};

const parseAbsolute = (url: string, hostHeader: string | undefined): Target => {
  const scheme = /^https?:\/\//i.exec(url);
  if (!scheme) throw new HttpError(400, "the request target must be a path");
  const rest = url.slice(scheme[0].length);
  const end = rest.search(/[/?#]/);
  const named = end < 0 ? rest : rest.slice(0, end);
  if (hostHeader !== undefined && named.toLowerCase() !== hostHeader.toLowerCase()) {
    throw new HttpError(400, "the request target names another host than the Host header");
  }
  const path = end < 0 ? "" : rest.slice(end);
  return split(path.startsWith("/") ? path : `/${path}`, named);
};

const split = (url: string, authority: string): Target => {
  if (url.includes("#")) throw new HttpError(400, "the request target has a fragment");
  const mark = url.indexOf("?");
  if (mark < 0) return { path: normalPath(url), query: "", authority };
  return { path: normalPath(url.slice(0, mark)), query: url.slice(mark + 1), authority };
};

/**
 * The host of an authority: lower case, without port, without the final dot of a full name; IPv6 keeps its brackets.
 * What cannot be a host is refused with 400.
 */
export const hostOf = (authority: string): string => {
  const close = authority.startsWith("[") ? authority.indexOf("]") : 0;
  const colon = authority.indexOf(":", close);
  const port = colon < 0 ? "" : authority.slice(colon + 1);
  let host = (colon < 0 ? authority : authority.slice(0, colon)).toLowerCase();
  if (host.endsWith(".")) host = host.slice(0, -1);
  if (!isHost(host) || !isPort(port)) throw new HttpError(400, "the Host header is not a host");
  return host;
};

const isPort = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) if (!isDigit(text.charCodeAt(i))) return false;
  return text.length < 6;
};

// On the way of every request, hence without a regular expression.
const isHost = (host: string): boolean => {
  const bracketed = host.charCodeAt(0) === 0x5b;
  if (bracketed && (host.length < 4 || host.indexOf("]") !== host.length - 1)) return false;
  for (let i = bracketed ? 1 : 0; i < host.length - (bracketed ? 1 : 0); i++) {
    const code = host.charCodeAt(i);
    const isName = isDigit(code) || (code >= 0x61 && code <= 0x7a) || code === 0x2e;
    if (bracketed ? !isName && code !== 0x3a : !isName && code !== 0x2d && code !== 0x5f) return false;
  }
  return true;
};

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
