/** One line of a hit as an event: every field read on its own, what cannot be read named. */
import { cleanText } from "../../lib/clean-text.ts";
import { maskIp } from "../../lib/mask-ip.ts";
import type { ClientFacts, Event, EventType, Keyed, TrackingProtocol } from "../../model/event.ts";
import type { Hit } from "../../model/hit.ts";
import type { Reject } from "../../model/protocol.ts";
import type { Origin } from "../native/event-id.ts";
import { type Notes, note } from "../native/notes.ts";
import { readInt } from "./casts.ts";
import { putCommerce, readDeal } from "./commerce.ts";
import { type Consent, isForeignYes, privacyBy, readConsent } from "./consent.ts";
import { keyOf, loadTime } from "./event-id.ts";
import { type Fields, maxFields, textOf } from "./fields.ts";
import { readItems } from "./items.ts";
import { keepUnknown } from "./known-fields.ts";
import { type Line, sampleOf } from "./lines.ts";
import { readParams } from "./params.ts";
import { ownsStream } from "./streams.ts";
import { putTexts } from "./text-columns.ts";
import { clientOf } from "./trust.ts";

export interface Context {
  readonly protocol: TrackingProtocol;
  readonly makeId: (hit: Hit, origin: Origin) => string;
}

/** The event of a line, or why there is none. */
export const buildEvent = (hit: Hit, line: Line, context: Context): Keyed | Reject => {
  const { fields } = line;
  const reason = refusalOf(hit, fields);
  if (reason !== null) return { reason, sample: sampleOf(line.text ?? hit.query) };
  const notes: Notes = [];
  if (fields.size >= maxFields) note(notes, "query", `more than ${maxFields} fields: not all were read`);
  const consent = readConsent(fields);
  const isForeign = isForeignYes(consent.analyticsStorage, hit);
  const privacy = isForeign ? hit.privacy : privacyBy(consent.analyticsStorage, hit.privacy);
  const tracked = privacy.tracking === "full";
  if (isForeign && !tracked) note(notes, "gcs", "a page of another site cannot consent for a visitor");
  const { id, keyTime } = keyOf(hit, line, context.makeId);
  const name = cleanText(fields.get("en") ?? "", 256);
  const event: Event = {
    id,
    property_id: hit.site.id,
    tracking_protocol: context.protocol,
    type: typeOf(name),
    name,
    timestamp_utc: hit.receivedAt,
    received_at: hit.receivedAt,
  };
  if (privacy.consent !== null) event.consent = privacy.consent;
  putTexts(event, fields, tracked, notes);
  putConsent(event, consent);
  putCounts(event, line, notes);
  const client = clientOf(hit, fields, notes);
  if (tracked) putAddress(event, hit, client);
  const { properties, traits, asSent } = readParams(fields, tracked, notes);
  const currency = textOf(fields, "cu");
  const deal = readDeal(event, properties, currency, notes);
  // The tag sends the parameter `currency` under this name of its own.
  if (currency !== undefined && event.currency !== undefined) properties["currency"] ??= currency;
  putCommerce(event, readItems(fields, notes), deal);
  if (hasKeys(properties)) event.properties = properties;
  if (hasKeys(traits)) event.traits = traits;
  keepUnknown(event, fields, asSent, notes);
  if (notes.length > 0) event.problems = notes;
  return client === undefined ? { event, keyTime } : { event, keyTime, client };
};

const refusalOf = (hit: Hit, fields: Fields): string | null => {
  const id = textOf(fields, "tid");
  if (id === undefined) return "no measurement id (tid)";
  if (!ownsStream(hit.site, id)) {
    return `measurement id ${JSON.stringify(id.slice(0, 60))} is none of the measurementIds of site ${hit.site.id}`;
  }
  if (textOf(fields, "cid") === undefined) return "no client id (cid)";
  return textOf(fields, "en")?.trim() ? null : "no event name (en)";
};

export const typeOf = (name: string): EventType => {
  if (name === "page_view") return "page";
  return name === "screen_view" ? "screen" : "track";
};

export const putConsent = (event: Event, consent: Consent): void => {
  const { analyticsStorage, adsStorage, adsUserData, adsPersonalization } = consent;
  if (analyticsStorage !== null) event.privacy_analytics_storage = analyticsStorage;
  if (adsStorage !== null) event.privacy_ads_storage = adsStorage;
  if (adsUserData !== null) event.privacy_ads_user_data = adsUserData;
  if (adsPersonalization !== null) event.privacy_ads_personalization = adsPersonalization;
};

/** Numbers, flags and moments that have a field of their own. */
const putCounts = (event: Event, { fields, number }: Line, notes: Notes): void => {
  const engaged = countOf(fields, "_et", notes);
  if (engaged !== undefined) event.engagement_time_ms = engaged;
  const session = countOf(fields, "sct", notes);
  if (session !== undefined) event.client_session_number = session;
  const segment = countOf(fields, "seg", notes);
  if (segment !== undefined) event.client_session_engaged = segment !== 0;
  if (isSet(fields, "_fv")) event.client_first_visit = true;
  if (isSet(fields, "_ss")) event.client_session_start = true;
  if (isSet(fields, "_nsi")) event.client_session_new = true;
  const loaded = loadTime(fields);
  // Whole seconds, as the flat table has it.
  if (loaded !== null) event.page_load_hash = Math.floor(loaded / 1000) * 1000;
  const place = (countOf(fields, "_s", notes) ?? 0) * linesPerHit + number;
  if (place > 0 && place < 1e12) event.sequence = place;
};

/** `_s` counts the hits of a page, and a hit has several lines: more than these in a moment of their own. */
const linesPerHit = 1000;

const countOf = (fields: Fields, name: string, notes: Notes): number | undefined => {
  const text = textOf(fields, name);
  if (text === undefined) return undefined;
  const count = readInt(text);
  if (count === undefined) note(notes, name, "expected a whole number");
  return count;
};

const isSet = (fields: Fields, name: string): boolean => {
  const text = textOf(fields, name);
  return text !== undefined && text !== "0";
};

const putAddress = (event: Event, hit: Hit, client: ClientFacts | undefined): void => {
  // Of a server that speaks for somebody and does not say for whom, the address is nobody's.
  const address = client === undefined ? hit.address : client.address;
  const masked = address === undefined ? null : maskIp(address, hit.site.ipMasking);
  if (masked !== null) event.ip_address = masked;
};

export const hasKeys = (object: object): boolean => {
  for (const _ in object) return true;
  return false;
};
