import { cleanText } from "../../lib/clean-text.ts";
import type { Event } from "../../model/event.ts";
import { type Notes, note } from "../native/notes.ts";
import { readBool } from "./casts.ts";
import { maxLongTextBytes, maxTextBytes, shortText } from "./cut-text.ts";
import { type Fields, textOf } from "./fields.ts";

/** Columns that are one field's text. Of two fields for one column the first that says something counts. */
const plain = [
  ["tid", "measurement_id"],
  ["dl", "page_location"],
  ["dt", "page_title"],
  ["dr", "page_referrer"],
  ["ul", "device_language"],
  ["sr", "device_screen_resolution"],
  ["tt", "traffic_type"],
  ["cs", "utm_source"],
  ["cm", "utm_medium"],
  ["cn", "utm_campaign"],
  ["ci", "utm_id"],
  ["ck", "utm_term"],
  ["ct", "utm_term"],
  ["cc", "utm_content"],
  ["ccf", "utm_creative_format"],
  ["cmt", "utm_marketing_tactic"],
] as const satisfies readonly (readonly [field: string, column: keyof Event])[];

/** Columns that tell one person from another. */
const personal = [
  ["cid", "client_id"],
  ["uid", "user_id"],
  ["sid", "client_session_id"],
  ["fss", "session_stamp"],
] as const satisfies readonly (readonly [field: string, column: keyof Event])[];

const long: ReadonlySet<string> = new Set(["dt", "dr"]);

/** Writes the texts; without those of a person where nobody is tracked. */
export const putTexts = (event: Event, fields: Fields, tracked: boolean, notes: Notes): void => {
  for (const [field, column] of plain) {
    const text = readText(fields, field, notes);
    if (text !== undefined) event[column] ??= text;
  }
  if (tracked) {
    for (const [field, column] of personal) {
      const text = readText(fields, field, notes);
      if (text !== undefined) event[column] = text;
    }
    if (event.client_id && isNobody(event.client_id)) {
      delete event.client_id;
      note(notes, "cid", "stands for nobody in particular: left out");
    }
  }
  putFlag(event, fields, notes);
  const preview = event.page_location ? previewIn(event.page_location) : null;
  if (preview !== null) event.gtm_debug = preview;
};

const readText = (fields: Fields, field: string, notes: Notes): string | undefined => {
  const text = textOf(fields, field);
  if (text === undefined) return undefined;
  const clean = shortText(text, field, long.has(field) ? maxLongTextBytes : maxTextBytes, notes);
  return clean === "" ? undefined : clean;
};

const putFlag = (event: Event, fields: Fields, notes: Notes): void => {
  const text = textOf(fields, "ir");
  if (text === undefined) return;
  const ignores = readBool(text);
  if (ignores === undefined) note(notes, "ir", "expected true or false");
  else event.ignore_referrer = ignores;
};

/** What tag managers write into the address of a page that they preview. */
const previewIn = (url: string): string | null => {
  if (!url.includes("gtm_debug=")) return null;
  const found = /[?&]gtm_debug=([^&#]*)/.exec(url)?.[1];
  return found ? cleanText(found, 256) : null;
};

/** What broken tags send as everybody's id: as a visitor it would be everybody at once. */
export const isNobody = (id: string): boolean => nobodies.has(id.trim().toLowerCase());

const nobodies: ReadonlySet<string> = new Set([
  "",
  "(not set)",
  "-1",
  "0",
  "0.0",
  "00000000-0000-0000-0000-000000000000",
  "anonymous",
  "false",
  "nan",
  "nan.nan",
  "nil",
  "none",
  "null",
  "true",
  "undefined",
  "undefined.undefined",
  "unknown",
]);
