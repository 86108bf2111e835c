/** One event of a Measurement Protocol request. */
import { isIP } from "node:net";
import { maskIp } from "../../../lib/mask-ip.ts";
import type { ClientFacts, Event, Keyed } from "../../../model/event.ts";
import type { Hit } from "../../../model/hit.ts";
import { eventTime } from "../../native/event-time.ts";
import { type Notes, note } from "../../native/notes.ts";
import { hasKeys, putConsent, typeOf } from "../build-event.ts";
import { putCommerce, readDeal } from "../commerce.ts";
import { type Consent, privacyBy } from "../consent.ts";
import { isNobody } from "../text-columns.ts";
import { type JsonFields, momentOf, objectIn, type Stream } from "./body.ts";
import { readItemList } from "./item-list.ts";
import { readParamFields, readTraits } from "./param-fields.ts";
import { putDevice, putTexts } from "./text-fields.ts";

/** What holds for all events of a request. */
export interface Envelope {
  readonly hit: Hit;
  readonly stream: Stream;
  readonly body: JsonFields;
  readonly clientId: string;
  readonly micros: number | undefined;
}

export interface Said {
  /** the event as it was sent */
  readonly said: JsonFields;
  readonly name: string;
  readonly micros: number | undefined;
  readonly line: number;
  readonly id: string;
  readonly keyTime: number | null;
}

export const buildServerEvent = (envelope: Envelope, one: Said): Keyed => {
  const { hit, stream, body } = envelope;
  const notes: Notes = [];
  const consent = consentOf(body, notes);
  const privacy = privacyBy(consent.analyticsStorage, hit.privacy);
  const tracked = privacy.tracking === "full";
  const claimed = one.micros === undefined ? undefined : Math.floor(one.micros / 1000);
  if (misdates(one.said) || (claimed === undefined && misdates(body)))
    note(notes, "timestamp_micros", "expected microseconds since 1970");
  const when = eventTime(hit, claimed, undefined, notes);
  const event: Event = {
    id: one.id,
    property_id: hit.site.id,
    tracking_protocol: "ga4_mp",
    type: typeOf(one.name),
    name: one.name,
    timestamp_utc: when.at,
    received_at: hit.receivedAt,
  };
  if (when.claimed !== null) event.client_time = when.claimed;
  if (one.line > 0) event.sequence = one.line;
  if (privacy.consent !== null) event.consent = privacy.consent;
  putStream(event, stream);
  putConsent(event, consent);
  const client = clientOf(body, notes);
  if (tracked) putPerson(event, envelope, client, notes);
  putDevice(event, body, tracked, notes);
  const params = objectIn(one.said, "params", notes);
  putTexts(event, params, tracked, notes);
  const properties = readParamFields(params, tracked, notes);
  const deal = readDeal(event, properties, undefined, notes);
  putCommerce(event, readItemList(params["items"], notes), deal);
  if (hasKeys(properties)) event.properties = properties;
  if (body["user_data"] !== undefined) note(notes, "user_data", "left out: contact data is not stored");
  if (notes.length > 0) event.problems = notes;
  return { event, keyTime: one.keyTime, client };
};

/** Says it when it was, in a way that nobody can read? */
const misdates = (fields: JsonFields): boolean =>
  (fields["timestamp_micros"] ?? null) !== null && momentOf(fields) === undefined;

/** The ids of apps say what they run on: `1:1234:android:56ef`. */
const putStream = (event: Event, { kind, id }: Stream): void => {
  if (kind === "web") {
    event.measurement_id = id;
    return;
  }
  event.app = id;
  const platform = id.split(":")[2]?.toLowerCase();
  if (platform === "ios" || platform === "android" || platform === "web") event.platform = platform;
};

const putPerson = (
  event: Event,
  { hit, body, clientId }: Envelope,
  { address }: ClientFacts,
  notes: Notes,
): void => {
  if (isNobody(clientId)) note(notes, "client_id", "stands for nobody in particular: left out");
  else event.client_id = clientId.slice(0, 256).toWellFormed().replaceAll("\0", "");
  const { user_id: user } = body;
  if (typeof user === "number") event.user_id = String(user);
  else if (typeof user === "string" && user !== "")
    event.user_id = user.slice(0, 256).toWellFormed().replaceAll("\0", "");
  else if (typeof user !== "string" && user !== undefined && user !== null)
    note(notes, "user_id", "expected a text");
  const masked = address === undefined ? null : maskIp(address, hit.site.ipMasking);
  if (masked !== null) event.ip_address = masked;
  const traits = readTraits(objectIn(body, "user_properties", notes), notes);
  if (hasKeys(traits)) event.traits = traits;
};

/** Always the client that the server speaks for: the request's own address and agent are the server's. */
const clientOf = (body: JsonFields, notes: Notes): ClientFacts => {
  const { ip_override: address, user_agent: agent } = body;
  const isAddress = typeof address === "string" && isIP(address) !== 0;
  if (address !== undefined && !isAddress) note(notes, "ip_override", "expected an address");
  if (agent !== undefined && agent !== null && typeof agent !== "string")
    note(notes, "user_agent", "expected a text");
  return {
    ...(isAddress ? { address } : {}),
    ...(typeof agent === "string" && agent !== "" ? { userAgent: agent.slice(0, 512) } : {}),
  };
};

/** What the server says that its visitor allows. */
export const consentOf = (body: JsonFields, notes: Notes): Consent => {
  const said = objectIn(body, "consent", notes);
  const stateOf = (name: string) => readState(said[name], `consent.${name}`, notes);
  const adsPersonalization = stateOf("ad_personalization");
  return {
    adsStorage: stateOf("ad_storage"),
    analyticsStorage: stateOf("analytics_storage"),
    adsUserData: stateOf("ad_user_data"),
    adsPersonalization: body["non_personalized_ads"] === true ? false : adsPersonalization,
  };
};

const readState = (word: unknown, field: string, notes: Notes): boolean | null => {
  const upper = typeof word === "string" ? word.toUpperCase() : word;
  if (upper === "GRANTED") return true;
  if (upper === "DENIED") return false;
  if (upper !== undefined && upper !== null && upper !== "") note(notes, field, "expected GRANTED or DENIED");
  return null;
};
