import type { ColumnName, Event } from "../model/event.ts";
import type { Json } from "../model/json.ts";
import type { Agreement } from "../model/records.ts";

/** Field of the protocol, column that holds it. Neither address nor user agent: whoever reads it has no use for them. */
const columns: readonly (readonly [field: string, column: ColumnName])[] = [
  ["cflags", "cflags"],
  ["sid", "client_session_id"],
  ["uid", "user_id"],
  ["app", "app"],
  ["rel", "release"],
  ["url", "page_location"],
  ["tz", "tz"],
  ["culture", "device_language"],
  ["country", "geo_country"],
  ["region", "geo_region"],
  ["source", "utm_source"],
  ["medium", "utm_medium"],
  ["campaign", "utm_campaign"],
  ["term", "utm_term"],
  ["ref", "ref"],
  ["rcode", "rcode"],
  ["aff", "aff"],
  ["device", "device"],
  ["os", "os"],
  ["org", "org"],
];

/** What a visitor agreed to, under the names that clients sent it with. */
export const agreementOf = (seq: number, event: Event, visitor: string): Agreement => {
  const said: Record<string, Json> = {};
  for (const [field, column] of columns) {
    const value = event[column];
    if (value !== undefined && value !== null) said[field] = value;
  }
  const avid = event.properties?.["avid"];
  if (avid !== undefined) said["avid"] = avid;
  return { seq, site: event.property_id, visitor, at: event.timestamp_utc, said };
};
