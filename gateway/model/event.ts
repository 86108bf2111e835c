/**
 * The event: one flat record, defined here and nowhere else. The export, the documents and later the
 * Parquet schema are made from `eventColumns`. Names are those of the GA4 flat table where it has one,
 * else those of the native protocol.
 */
import type { EventId, VisitorId } from "./ids.ts";
import type { Json, JsonObject } from "./json.ts";

export type ColumnType = "uuid" | "text" | "int" | "float" | "bool" | "time" | "json";

export interface Column {
  readonly name: string;
  /** `time` is milliseconds since 1970, UTC. */
  readonly type: ColumnType;
  readonly meaning: string;
  /** The fields of a native hit that fill it, first one present wins. */
  readonly native?: readonly string[];
}

export type EventType =
  | "page"
  | "track"
  | "screen"
  | "identify"
  | "group"
  | "alias"
  | "exposure"
  | "outcome"
  | "link"
  | "log"
  | "payment";

export type TrackingProtocol =
  | "native"
  | "ga4_gtag"
  | "ga4_mp"
  | "d8a"
  | "segment"
  | "snowplow"
  | "product"
  | "matomo"
  | "gateway";

export const eventColumns = [
  { name: "id", type: "uuid", meaning: "the event's id, unique in its site", native: ["eid"] },
  { name: "property_id", type: "text", meaning: "the site it belongs to" },
  { name: "tracking_protocol", type: "text", meaning: "the protocol that brought it" },
  {
    name: "type",
    type: "text",
    meaning: "page, track, screen, identify, group, alias, exposure, outcome, link, log or payment",
    native: ["type"],
  },
  { name: "name", type: "text", meaning: "what happened", native: ["ename", "content"] },
  { name: "timestamp_utc", type: "time", meaning: "when it happened" },
  { name: "received_at", type: "time", meaning: "when we received it" },
  {
    name: "client_time",
    type: "time",
    meaning: "the time the client claimed, where it was not used",
    native: ["created", "time"],
  },
  {
    name: "sequence",
    type: "int",
    meaning: "the client's own count of its events, orders equal times",
    native: ["seq"],
  },
  { name: "client_id", type: "text", meaning: "the visitor", native: ["vid"] },
  { name: "user_id", type: "text", meaning: "the identified person", native: ["uid"] },
  {
    name: "user_claim",
    type: "text",
    meaning: "who says so: `server`, `token` or `page`; null where it joins nobody",
  },
  {
    name: "session_stamp",
    type: "text",
    meaning: "mark of the day made of address and browser, where visits are joined by it",
  },
  {
    name: "client_session_id",
    type: "text",
    meaning: "the session as the client said",
    native: ["sid", "sess"],
  },
  { name: "client_session_number", type: "int", meaning: "the client's own count of the visitor's sessions" },
  { name: "client_session_engaged", type: "bool", meaning: "the client calls its session engaged" },
  { name: "client_session_start", type: "bool", meaning: "the client calls it the start of a session" },
  { name: "client_session_new", type: "bool", meaning: "the client has just made its session id" },
  { name: "client_first_visit", type: "bool", meaning: "the client has not seen the visitor before" },
  { name: "measurement_id", type: "text", meaning: "GA4 measurement id" },
  { name: "platform", type: "text", meaning: "web, ios or android, where the client said" },
  {
    name: "page_load_id",
    type: "uuid",
    meaning: "joins a served document and its page view",
    native: ["plid"],
  },
  { name: "page_load_hash", type: "time", meaning: "when the client loaded the page" },
  {
    name: "page_location",
    type: "text",
    meaning: "the page's address without campaign parameters",
    native: ["url"],
  },
  { name: "page_hostname", type: "text", meaning: "host of page_location" },
  { name: "page_path", type: "text", meaning: "path of page_location" },
  { name: "page_title", type: "text", meaning: "the page's title", native: ["title"] },
  { name: "page_referrer", type: "text", meaning: "the page before", native: ["last"] },
  { name: "ignore_referrer", type: "bool", meaning: "the client says that the page before is no source" },
  { name: "page_type", type: "text", meaning: "the site's own class of page", native: ["ptyp"] },
  { name: "gtm_debug", type: "text", meaning: "tag preview that the page was shown in" },
  {
    name: "event_category",
    type: "text",
    meaning: "the site's own class of event",
    native: ["etyp", "etype"],
  },
  { name: "utm_source", type: "text", meaning: "campaign source", native: ["source"] },
  { name: "utm_medium", type: "text", meaning: "campaign medium", native: ["medium"] },
  { name: "utm_campaign", type: "text", meaning: "campaign", native: ["campaign"] },
  { name: "utm_term", type: "text", meaning: "campaign term", native: ["term"] },
  { name: "utm_content", type: "text", meaning: "campaign content" },
  { name: "utm_id", type: "text", meaning: "campaign id" },
  { name: "utm_source_platform", type: "text", meaning: "campaign platform" },
  { name: "utm_creative_format", type: "text", meaning: "creative format" },
  { name: "utm_marketing_tactic", type: "text", meaning: "marketing tactic" },
  { name: "click_id_gclid", type: "text", meaning: "Google Ads click" },
  { name: "click_id_dclid", type: "text", meaning: "Display & Video click" },
  { name: "click_id_gbraid", type: "text", meaning: "Google app-to-web click" },
  { name: "click_id_srsltid", type: "text", meaning: "Google Merchant click" },
  { name: "click_id_wbraid", type: "text", meaning: "Google web-to-app click" },
  { name: "click_id_fbclid", type: "text", meaning: "Facebook click" },
  { name: "click_id_msclkid", type: "text", meaning: "Microsoft click" },
  {
    name: "referrer_source",
    type: "text",
    meaning: "the well-known name of the referring site, else its host",
  },
  { name: "referrer_medium", type: "text", meaning: "search, social, email, … or referral" },
  {
    name: "traffic_source",
    type: "text",
    meaning: "source of this hit by click id, campaign and referrer; `direct` without any",
  },
  { name: "traffic_medium", type: "text", meaning: "its medium: cpc, organic, social, referral, none, …" },
  { name: "traffic_term", type: "text", meaning: "what was searched for" },
  { name: "app", type: "text", meaning: "application", native: ["app"] },
  { name: "release", type: "text", meaning: "its release", native: ["rel"] },
  { name: "version", type: "text", meaning: "variation number", native: ["ver", "version"] },
  { name: "split", type: "text", meaning: "arm as the site named it", native: ["split"] },
  { name: "sink", type: "text", meaning: "the local goal", native: ["sink"] },
  { name: "score", type: "float", meaning: "position on the way to the sink", native: ["score"] },
  { name: "outcome", type: "text", meaning: "global result label", native: ["outcome"] },
  { name: "value", type: "float", meaning: "amount, in `currency`", native: ["value"] },
  { name: "currency", type: "text", meaning: "ISO 4217", native: ["currency"] },
  { name: "value_in_usd", type: "float", meaning: "the amount at the rate of the event's day" },
  { name: "ecommerce_purchase_revenue", type: "float", meaning: "worth of the goods bought" },
  { name: "ecommerce_purchase_revenue_in_usd", type: "float", meaning: "the same at the day's rate" },
  { name: "ecommerce_refund_value", type: "float", meaning: "worth of the goods given back" },
  { name: "ecommerce_refund_value_in_usd", type: "float", meaning: "the same at the day's rate" },
  { name: "ecommerce_shipping_value", type: "float", meaning: "cost of shipping" },
  { name: "ecommerce_shipping_value_in_usd", type: "float", meaning: "the same at the day's rate" },
  { name: "ecommerce_tax_value", type: "float", meaning: "tax" },
  { name: "ecommerce_tax_value_in_usd", type: "float", meaning: "the same at the day's rate" },
  { name: "ecommerce_unique_items", type: "int", meaning: "different goods" },
  { name: "ecommerce_items_total_quantity", type: "float", meaning: "pieces of all goods" },
  { name: "ecommerce_items", type: "json", meaning: "goods of a GA4 event" },
  { name: "order_id", type: "text", meaning: "order", native: ["order_id"] },
  { name: "ref", type: "text", meaning: "the entity that referred the visitor", native: ["ref"] },
  { name: "rcode", type: "text", meaning: "referral code", native: ["rcode"] },
  { name: "aff", type: "text", meaning: "affiliate or promotion", native: ["aff"] },
  { name: "experiment_id", type: "text", meaning: "the experiment of an exposure", native: ["xid"] },
  { name: "variation_id", type: "text", meaning: "the variant of an exposure" },
  { name: "experiments", type: "json", meaning: "experiment → variant in force" },
  { name: "channel", type: "text", meaning: "acquisition channel" },
  { name: "bot", type: "text", meaning: "class of automated client and the evidence, null for people" },
  {
    name: "traffic_filter_name",
    type: "text",
    meaning: "label given by a traffic filter, `demo` for made-up visitors",
  },
  {
    name: "consent",
    type: "text",
    meaning: "consent in force: granted, denied, or null where none is asked",
  },
  { name: "cflags", type: "int", meaning: "consent bits of the original tracker", native: ["cflags"] },
  { name: "privacy_analytics_storage", type: "bool", meaning: "may be measured, as the client said" },
  {
    name: "privacy_ads_storage",
    type: "bool",
    meaning: "advertising cookies are allowed, as the client said",
  },
  {
    name: "privacy_ads_user_data",
    type: "bool",
    meaning: "advertisers may get user data, as the client said",
  },
  { name: "privacy_ads_personalization", type: "bool", meaning: "personal advertising, as the client said" },
  { name: "traffic_type", type: "text", meaning: "internal, developer, … as the client said" },
  { name: "ip_address", type: "text", meaning: "address, masked" },
  { name: "device_category", type: "text", meaning: "desktop, mobile, tablet, tv or bot" },
  { name: "device_operating_system", type: "text", meaning: "operating system" },
  { name: "device_operating_system_version", type: "text", meaning: "its version" },
  { name: "device_web_browser", type: "text", meaning: "browser" },
  { name: "device_web_browser_version", type: "text", meaning: "its version" },
  { name: "device_mobile_brand_name", type: "text", meaning: "maker of the device" },
  { name: "device_mobile_model_name", type: "text", meaning: "its model" },
  { name: "device_language", type: "text", meaning: "language tag", native: ["culture"] },
  { name: "device_screen_resolution", type: "text", meaning: "width x height", native: ["sr"] },
  { name: "device", type: "text", meaning: "device as the client said", native: ["device"] },
  { name: "os", type: "text", meaning: "operating system as the client said", native: ["os"] },
  { name: "did", type: "text", meaning: "device id of an app", native: ["did", "device_id"] },
  { name: "tz", type: "text", meaning: "IANA time zone", native: ["tz"] },
  { name: "vp_w", type: "int", meaning: "viewport width, pixels", native: ["w", "vp_w"] },
  { name: "vp_h", type: "int", meaning: "viewport height, pixels", native: ["h", "vp_h"] },
  { name: "lat", type: "float", meaning: "latitude", native: ["lat"] },
  { name: "lon", type: "float", meaning: "longitude", native: ["lon"] },
  { name: "geo_continent", type: "text", meaning: "continent" },
  { name: "geo_sub_continent", type: "text", meaning: "part of the continent" },
  { name: "geo_country", type: "text", meaning: "country", native: ["country"] },
  { name: "geo_country_code", type: "text", meaning: "its code, ISO 3166-1 alpha-2" },
  { name: "geo_metro", type: "text", meaning: "metropolitan area" },
  { name: "geo_region", type: "text", meaning: "region", native: ["region"] },
  { name: "geo_city", type: "text", meaning: "city", native: ["city"] },
  { name: "zip", type: "text", meaning: "postal code", native: ["zip"] },
  { name: "first", type: "bool", meaning: "the client calls it the first of its session", native: ["first"] },
  {
    name: "engagement_time_ms",
    type: "int",
    meaning: "time since the client's event before, or engaged time",
    native: ["duration"],
  },
  { name: "auth", type: "text", meaning: "author of the content", native: ["auth", "auth_id"] },
  { name: "org", type: "text", meaning: "tenant as the client said", native: ["org", "oid"] },
  { name: "relation", type: "text", meaning: "kind of the related object", native: ["relation"] },
  { name: "rid", type: "text", meaning: "id of the related object", native: ["rid"] },
  { name: "ehash", type: "text", meaning: "e-mail, SHA-1 of the original tracker", native: ["ehash"] },
  { name: "chash", type: "text", meaning: "phone, SHA-1 of the original tracker", native: ["chash"] },
  { name: "uhash", type: "text", meaning: "user name, SHA-1 of the original tracker", native: ["uhash"] },
  { name: "hhash", type: "text", meaning: "host, hash of the original tracker", native: ["hhash"] },
  { name: "bhash", type: "text", meaning: "user agent, hash of the original tracker", native: ["bhash"] },
  { name: "iphash", type: "text", meaning: "address, hash of the original tracker" },
  { name: "email_hash", type: "text", meaning: "e-mail, keyed hash" },
  { name: "phone_hash", type: "text", meaning: "phone, keyed hash" },
  { name: "username_hash", type: "text", meaning: "user name, keyed hash" },
  { name: "status", type: "int", meaning: "HTTP status of a served document or a tracked request" },
  { name: "duration_ms", type: "int", meaning: "time the gateway took" },
  { name: "targets", type: "json", meaning: "components shown", native: ["targets"] },
  { name: "items", type: "json", meaning: "goods of a purchase", native: ["items"] },
  { name: "traits", type: "json", meaning: "what identify says of a user", native: ["traits"] },
  { name: "properties", type: "json", meaning: "everything else the client sent, case kept" },
  {
    name: "protocol_fields",
    type: "json",
    meaning: "fields of the protocol that have no column, or say more than theirs",
  },
  { name: "problems", type: "json", meaning: "what could not be read, field by field" },
] as const satisfies readonly Column[];

type ValueOf<T extends ColumnType> = {
  uuid: string;
  text: string;
  int: number;
  float: number;
  bool: boolean;
  time: number;
  json: Json;
}[T];

type AnyColumn = (typeof eventColumns)[number];
export type ColumnName = AnyColumn["name"];
type Loose = { [C in AnyColumn as C["name"]]?: ValueOf<C["type"]> | null };

/** One problem with one field of a hit, in words a person can act on. */
export type Problem = { readonly field: string; readonly problem: string };

interface Fixed {
  readonly id: EventId;
  readonly property_id: string;
  readonly tracking_protocol: TrackingProtocol;
  readonly type: EventType;
  readonly name: string;
  timestamp_utc: number;
  readonly received_at: number;
  client_id?: VisitorId | null;
  experiments?: { readonly [experiment: string]: string } | null;
  properties?: JsonObject | null;
  problems?: readonly Problem[] | null;
}

/** An event as it is stored. A column that is absent is null. Built by one decoder, then enriched in place. */
export type Event = Fixed & Omit<Loose, keyof Fixed>;

/** An event and the time that makes its key, or null where neither its id nor its client gives one. */
export interface Keyed {
  readonly event: Event;
  readonly keyTime: number | null;
  /** What the site's own server says of the client it speaks for; absent: the request is the client's own. */
  readonly client?: ClientFacts;
}

export interface ClientFacts {
  readonly address?: string;
  readonly userAgent?: string;
}
