/** What a row of the tables says, and how requests are written in them. */

/** What can only be known once the files are there. */
export interface Facts {
  readonly etag: string;
  readonly modified: string;
}

export interface HttpCase {
  /** e.g. `9112 §5.2` */
  readonly rfc: string;
  readonly name: string;
  /** the bytes of one or several requests, latin1 */
  readonly send: string | ((facts: Facts) => string);
  /** the status of each answer, interim ones among them; several that will do in an array of their own */
  readonly status: readonly (number | readonly number[])[];
  /** of the last answer; null: there is no such field */
  readonly headers?: Readonly<Record<string, string | RegExp | null>>;
  /** of the last answer */
  readonly body?: string | RegExp;
  /** of the last answer, by name */
  readonly trailers?: Readonly<Record<string, string | null>>;
  /** places of the final answers that answer HEAD */
  readonly heads?: readonly number[];
  /** what the upstream must have read, and must not; null: it was asked nothing */
  readonly asked?: readonly (string | RegExp)[] | null;
  readonly notAsked?: readonly (string | RegExp)[];
  /** what the upstream says instead of a plain 200, latin1; it closes its side after it with `hangsUp` */
  readonly answer?: string;
  readonly hangsUp?: boolean;
  /** The gateway closes the connection after the last answer; else it answers another request on it. */
  readonly closes?: boolean;
}

export const host = "shop.example";

/** A request of HTTP/1.1 with its Host, e.g. `req("GET /a", "Range: bytes=0-1")`. */
export const req = (line: string, ...fields: readonly string[]): string =>
  raw(`${line} HTTP/1.1`, `Host: ${host}`, ...fields);

/** Exactly these lines and the empty one. */
export const raw = (...lines: readonly string[]): string => `${lines.join("\r\n")}\r\n\r\n`;

/** A body of chunks. */
export const chunks = (...parts: readonly string[]): string =>
  `${parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join("")}0\r\n\r\n`;

/** An answer of the upstream. */
export const says = (status: number, fields: readonly string[] = [], body = ""): string =>
  raw(`HTTP/1.1 ${status} Word`, ...fields, `Content-Length: ${body.length}`) + body;
