/** Texts of a Measurement Protocol request that have a column. */
import { cleanText } from "../../../lib/clean-text.ts";
import type { Event } from "../../../model/event.ts";
import { type Notes, note } from "../../native/notes.ts";
import { readBool, readInt } from "../casts.ts";
import { type JsonFields, objectIn } from "./body.ts";

const pageTexts = [
  ["page_location", "page_location"],
  ["page_title", "page_title"],
  ["page_referrer", "page_referrer"],
] as const;

/** Kept as parameters as well: the flat table has both. */
const campaignTexts = [
  ["source", "utm_source"],
  ["medium", "utm_medium"],
  ["campaign", "utm_campaign"],
  ["campaign_id", "utm_id"],
  ["term", "utm_term"],
  ["content", "utm_content"],
] as const;

const deviceKinds = [
  ["category", "device_category"],
  ["language", "device_language"],
  ["screen_resolution", "device_screen_resolution"],
  ["operating_system", "device_operating_system"],
  ["browser", "device_web_browser"],
] as const;

/** Versions and models tell people apart. */
const deviceDetails = [
  ["operating_system_version", "device_operating_system_version"],
  ["brand", "device_mobile_brand_name"],
  ["model", "device_mobile_model_name"],
  ["browser_version", "device_web_browser_version"],
] as const;

const placeTexts = [
  ["country_id", "geo_country"],
  ["region_id", "geo_region"],
  ["city", "geo_city"],
] as const;

type Table =
  | typeof pageTexts
  | typeof campaignTexts
  | typeof deviceKinds
  | typeof deviceDetails
  | typeof placeTexts;

/** Parameters that are stored as columns alone. */
export const ownColumns: ReadonlySet<string> = new Set([
  ...pageTexts.map(([field]) => field),
  "engagement_time_msec",
  "ignore_referrer",
  "session_id",
  "session_number",
]);

/** Page, campaign and session of an event. Campaigns are those of the event that is there to name one. */
export const putTexts = (event: Event, params: JsonFields, tracked: boolean, notes: Notes): void => {
  putAll(event, params, pageTexts, "params", notes);
  if (event.name === "campaign_details" || event.name === "firebase_campaign")
    putAll(event, params, campaignTexts, "params", notes);
  const session = scalarText(params["session_id"]);
  if (tracked && session !== undefined && session !== "") event.client_session_id = cleanText(session, 256);
  const number = countOf(params, "session_number", notes);
  if (number !== undefined) event.client_session_number = number;
  const isEngaged = readBool(scalarText(params["session_engaged"]) ?? "");
  if (isEngaged !== undefined) event.client_session_engaged = isEngaged;
  const engaged = countOf(params, "engagement_time_msec", notes);
  if (engaged !== undefined) event.engagement_time_ms = engaged;
  const ignores = scalarText(params["ignore_referrer"]);
  const isIgnored = ignores === undefined ? undefined : readBool(ignores);
  if (isIgnored !== undefined) event.ignore_referrer = isIgnored;
};

/** What the server says of the client's device and place: of a visitor who is not tracked its kind alone. */
export const putDevice = (event: Event, body: JsonFields, tracked: boolean, notes: Notes): void => {
  const device = objectIn(body, "device", notes);
  putAll(event, device, deviceKinds, "device", notes);
  if (!tracked) return;
  putAll(event, device, deviceDetails, "device", notes);
  putAll(event, objectIn(body, "user_location", notes), placeTexts, "user_location", notes);
};

const putAll = (event: Event, fields: JsonFields, table: Table, group: string, notes: Notes): void => {
  for (const [field, column] of table) {
    const value = fields[field];
    if (value === undefined || value === null || value === "") continue;
    const text = scalarText(value);
    if (text === undefined) note(notes, `${group}.${field}`, "expected a text");
    else event[column] = cleanText(text, 8192);
  }
};

const countOf = (params: JsonFields, name: string, notes: Notes): number | undefined => {
  const text = scalarText(params[name]);
  if (text === undefined || text === "") return undefined;
  const count = readInt(text);
  if (count === undefined) note(notes, name, "expected a whole number");
  return count;
};

const scalarText = (value: unknown): string | undefined => {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
};
