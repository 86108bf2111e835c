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
  ["lat", "lat"],
  ["lon", "lon"],
  ["culture", "device_language"],
  ["country", "geo_country"],
  ["region", "geo_region"],
  ["city", "geo_city"],
  ["zip", "zip"],
  ["source", "utm_source"],
  ["medium", "utm_medium"],
  ["campaign", "utm_campaign"],
  ["term", "utm_term"],
  ["ref", "ref"],
  ["rcode", "rcode"],
  ["aff", "aff"],
  ["device", "device"],
  ["os", "os"],
  ["w", "vp_w"],
  ["h", "vp_h"],
  ["org", "org"],
];

/** Fields that have no column: the anonymous id, who owns the data, and ids of advertisers. */
const properties = ["avid", "owner", "gaid", "idfa", "msid", "fbid"] as const;

/** What a visitor agreed to, under the names that clients sent it with. */
export const agreementOf = (seq: number, event: Event, visitor: string): Agreement => {
  const said: Record<string, Json> = {};
  for (const [field, column] of columns) {
    const value = event[column];
    if (value !== undefined && value !== null) said[field] = value;
  }
  for (const field of properties) {
    const value = event.properties?.[field];
    if (value !== undefined) said[field] = value;
  }
  return { seq, site: event.property_id, visitor, at: event.timestamp_utc, said };
};
