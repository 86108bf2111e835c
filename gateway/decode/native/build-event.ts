import { maskIp } from "../../lib/mask-ip.ts";
import type { ClientFacts, ColumnName, Event, Keyed } from "../../model/event.ts";
import type { Hit } from "../../model/hit.ts";
import { parseUuid, uuidTime } from "../../model/ids.ts";
import { isPlaceholder, readVisitorId } from "../../model/visitor-id.ts";
import { legacyAddressHash, legacyHash } from "../legacy-hashes.ts";
import { classify, isUnknownType } from "./classify.ts";
import { putProperty } from "./clean-json.ts";
import { coerce, readTime } from "./coerce.ts";
import { hashContact } from "./contacts.ts";
import type { Origin } from "./event-id.ts";
import { eventTime, isKeyTime } from "./event-time.ts";
import { type Bag, gather, liftedPlace, type Source, take, takeText } from "./gather.ts";
import { type Notes, note } from "./notes.ts";

export interface Context {
  readonly contactKey: Buffer;
  readonly makeId: (hit: Hit, origin: Origin) => string;
}

/** One event of a hit. `sources` from the weakest to the strongest; `sent` the client's time of sending. */
export const buildEvent = (
  hit: Hit,
  sources: readonly Source[],
  origin: Origin,
  sent: unknown,
  notes: Notes,
  context: Context,
): Keyed => {
  const tracked = hit.privacy.tracking === "full";
  const bag = gather(sources, tracked, notes);
  const eid = takeText(bag, "id");
  const id = eid === undefined ? null : parseUuid(eid);
  const claimed = take(bag, "client_time", "time") as number | undefined; // what `time` is read as
  const when = eventTime(hit, claimed, readTime(sent), notes);
  const kind = classify(claimsOf(bag), hit.trusted, notes);
  const event = {
    id: id ?? context.makeId(hit, origin),
    property_id: hit.site.id,
    tracking_protocol: "native",
    type: kind.type,
    name: kind.name,
    timestamp_utc: when.at,
    received_at: hit.receivedAt,
  } as Event;
  if (when.claimed !== null) event.client_time = when.claimed;
  if (tracked) putVisitor(event, hit, bag);
  if (eid !== undefined && id === null) putExperiment(event, bag, eid, notes);
  putColumns(event, bag);
  // Events of one moment are in the order in which their sender wrote them, where it does not count them itself.
  if (origin.line > 0) event.sequence ??= origin.line;
  const client = hit.trusted ? clientOf(bag) : undefined;
  putRequest(event, hit, hit.trusted ? (client?.address ?? null) : hit.address, tracked);
  if (event.ref !== undefined && event.ref === event.client_id) dropSelfReferral(event, notes);
  for (const [contact, raw] of bag.contacts) {
    hashContact(event, contact, raw, { site: hit.site, key: context.contactKey }, notes);
  }
  for (const _ in bag.properties) {
    event.properties = bag.properties;
    break;
  }
  if (notes.length > 0) event.problems = notes;
  const keyTime = keyTimeOf(id, claimed, hit.receivedAt);
  return client === undefined ? { event, keyTime } : { event, keyTime, client };
};

/** The original's `eid` was its experiment, which is why it need not be an id. All zeros stood for none. */
const putExperiment = (event: Event, bag: Bag, eid: string, notes: Notes): void => {
  if (zeroId.test(eid.trim()))
    note(notes, "eid", "left out: all zeros stand for no id, the event has one of ours");
  else if (bag.columns.has("experiment_id"))
    note(notes, "eid", "left out: neither an id nor the experiment, which `xid` names");
  else event.experiment_id = eid;
};

const zeroId = /^\{?0{8}-?0{4}-?0{4}-?0{4}-?0{12}\}?$/;

/** The client that the site's own server speaks for, as far as it says. */
const clientOf = ({ client }: Bag): ClientFacts | undefined =>
  client.address === undefined && client.userAgent === undefined ? undefined : client;

const claimsOf = (bag: Bag) => {
  const sent = bag.columns.get("type")?.value;
  const type = takeText(bag, "type");
  if (type !== undefined && isUnknownType(type) && !Object.hasOwn(bag.properties, "type")) {
    putProperty(bag.properties, "type", sent, bag.room, []);
  }
  return {
    type,
    name: takeText(bag, "name"),
    content: saysContent(bag) ? peekText(bag, "utm_content") : undefined,
    outcome: peekText(bag, "outcome"),
    category: peekText(bag, "event_category"),
    hasPage: bag.columns.has("page_location"),
  };
};

/** The content of a campaign that `params` repeat out of the page's address is no name: it would rename a page view. */
const saysContent = ({ columns }: Bag): boolean => columns.get("utm_content")?.source !== liftedPlace;

/** A text that stays in the bag; what is wrong with it is noted when it is taken. */
const peekText = (bag: Bag, column: ColumnName): string | undefined => {
  const value = bag.columns.get(column)?.value;
  return value === undefined ? undefined : (coerce("text", value, column, []) as string | undefined); // a text's type
};

/** The gateway decides who a visitor is; what the client says counts where the gateway has nobody. */
const putVisitor = (event: Event, hit: Hit, bag: Bag): void => {
  const said = takeText(bag, "client_id");
  const chosen = said === undefined || (hit.visitorId !== null && !hit.trusted) ? null : readVisitorId(said);
  if (said !== undefined && chosen === null && (hit.visitorId === null || hit.trusted)) {
    note(bag.notes, "vid", isPlaceholder(said) ? "stands for nobody in particular" : wantedId);
  }
  const visitor = chosen ?? hit.visitorId;
  if (visitor !== null) (event as { client_id?: string }).client_id = visitor; // set once, while it is built
  if (hit.sessionId !== null && !bag.columns.has("client_session_id"))
    event.client_session_id = hit.sessionId;
};

const wantedId = "expected an id of up to 128 letters, digits, . _ -";

const putColumns = (event: Event, bag: Bag): void => {
  const columns = event as unknown as Record<string, unknown>; // values are read as the columns' types
  for (const [column, { key, field, value: sent }] of bag.columns) {
    const { refinement } = field;
    const value = coerce(field.type, refinement?.prepare ? refinement.prepare(sent) : sent, key, bag.notes);
    if (value === undefined) continue;
    const refusal = refinement?.refuse?.(value) ?? null;
    if (refusal !== null) note(bag.notes, key, refusal);
    else columns[column] = refinement?.tidy ? refinement.tidy(value) : value;
  }
};

/** What the request says beside its fields. */
const putRequest = (event: Event, hit: Hit, address: string | null, tracked: boolean): void => {
  if (hit.privacy.consent !== null) event.consent = hit.privacy.consent;
  const ip = tracked && address !== null ? maskIp(address, hit.site.ipMasking) : null;
  if (ip !== null) event.ip_address = ip;
  if (hit.site.legacyHashes) putLegacyHashes(event, hit, address, tracked);
};

/**
 * The original tracker's hashes of site, browser and address, where the site's old data is to join. That of the
 * address is no protection at all, so it is written only where addresses are kept anyway.
 */
const putLegacyHashes = (event: Event, hit: Hit, address: string | null, tracked: boolean): void => {
  const { host, "user-agent": agent } = hit.headers;
  if (host !== undefined) event.hhash ??= legacyHash(host.replace(/:\d+$/, ""));
  if (!tracked || hit.trusted) return;
  if (agent !== undefined) event.bhash ??= legacyHash(agent);
  if (address !== null && hit.site.ipMasking === 0) event.iphash = legacyAddressHash(address);
};

const dropSelfReferral = (event: Event, notes: Notes): void => {
  delete event.ref;
  note(notes, "ref", "self-referral: the visitor cannot have referred himself");
};

const keyTimeOf = (id: string | null, claimed: number | undefined, receivedAt: number): number | null => {
  if (id === null) return receivedAt;
  const made = uuidTime(id);
  if (made !== null && isKeyTime(made, receivedAt)) return made;
  return claimed !== undefined && isKeyTime(claimed, receivedAt) ? claimed : null;
};
