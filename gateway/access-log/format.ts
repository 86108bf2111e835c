/** Lines of the formats. Nothing that a client sends can end a line, or a quoted part of one. */
import type { Entry } from "./entry.ts";
import type { AccessLogSettings } from "./settings.ts";

export type Format = (entry: Entry) => string;

/** A line for each entry, with its end. */
export const formatOf = ({ format, fields }: Pick<AccessLogSettings, "format" | "fields">): Format => {
  if (format === "json") return (entry) => jsonLine(entry, fields);
  if (format === "clf") return (entry) => `${commonPart(entry)}\n`;
  return (entry) =>
    `${commonPart(entry)} "${quoted(entry.referrer ?? "-")}" "${quoted(entry.userAgent ?? "-")}"\n`;
};

/** `log` tells these lines from the program's own where both go to one place. */
const jsonLine = (entry: Entry, fields: AccessLogSettings["fields"]): string => {
  const line: Record<string, unknown> = { log: "access" };
  for (const name of fields) line[name] = name === "time" ? new Date(entry.time).toISOString() : entry[name];
  // What a terminal would take for a command is escaped beside what JSON escapes itself.
  return `${JSON.stringify(line).replace(/[\u007f-\u009f\u2028\u2029]/g, escapeUnit)}\n`;
};

const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** `host ident user [time] "request" status bytes`, as Apache's mod_log_config describes it. */
const commonPart = (entry: Entry): string => {
  const target = `${entry.path}${entry.query && `?${entry.query}`}`;
  // What could not be read has no first line.
  const request = entry.method === "" ? "-" : quoted(`${entry.method} ${target} ${entry.protocol}`);
  return `${entry.address ?? "-"} - - [${clfTime(entry.time)}] "${request}" ${entry.status} ${entry.bytes || "-"}`;
};

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
let lastSecond = Number.NaN;
let lastText = "";

/** `31/Jan/2026:12:00:00 +0000`, made once a second. */
export const clfTime = (time: number): string => {
  const second = Math.floor(time / 1000);
  if (second === lastSecond) return lastText;
  const at = new Date(second * 1000);
  const day = String(at.getUTCDate()).padStart(2, "0");
  lastSecond = second;
  lastText = `${day}/${months[at.getUTCMonth()]}/${at.getUTCFullYear()}:${at.toISOString().slice(11, 19)} +0000`;
  return lastText;
};

/** Quotes, backslashes and everything that is not printable ASCII as `\xHH` of its UTF-8, as nginx writes them. */
const quoted = (text: string): string =>
  /^[\x20!#-[\]-~]*$/.test(text) ? text : text.replace(/[^\x20!#-[\]-~]/gu, escapeCharacter);

const escapeCharacter = (character: string): string => {
  let escaped = "";
  for (const byte of Buffer.from(character))
    escaped += `\\x${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  return escaped;
};
