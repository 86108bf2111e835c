/** What the tests of this folder share: a site that takes any measurement id, and hits to it. */
import type { Event, Keyed } from "../../model/event.ts";
import type { Hit } from "../../model/hit.ts";
import type { Decoded } from "../../model/protocol.ts";
import type { Site } from "../../model/site.ts";
import { makeHit, site as nativeSite } from "../native/test-hit.ts";
import { createGa4 } from "./ga4.ts";

export { receivedAt } from "../native/test-hit.ts";

export const site: Site = {
  ...nativeSite,
  protocols: ["ga4", "d8a"],
  measurementIds: ["*"],
  ipMasking: 0,
};

const shared = { v: "2", tid: "G-TEST123", cid: "111.222", en: "page_view" };

type Query = Readonly<Record<string, string>>;

/** A hit of the tag: the query's fields beside those every hit has; an empty text takes one away. */
export const hitOf = (query: Query, parts: Partial<Hit> = {}): Hit => {
  const fields = Object.entries({ ...shared, ...query }).filter(
    ([name, text]) => text !== "" || !(name in shared),
  );
  return makeHit({
    site,
    path: "/g/collect",
    base: "/g/collect",
    query: new URLSearchParams(fields).toString(),
    ...parts,
  });
};

/** A request of a server that proved to be the site's. */
export const serverHit = (body: unknown, parts: Partial<Hit> = {}): Hit =>
  makeHit({
    site,
    path: "/mp/collect",
    base: "/mp/collect",
    query: "measurement_id=G-TEST123",
    body: typeof body === "string" ? body : JSON.stringify(body),
    trusted: true,
    ...parts,
  });

const byPath = (hit: Hit) => {
  const protocols = createGa4({ batchEvents: 100 });
  return protocols.find(({ endpoints }) => endpoints.some(({ path }) => path === hit.path));
};

export const decode = (hit: Hit): Decoded => byPath(hit)?.decode(hit) ?? { events: [], rejects: [] };

/** What the endpoint answers to the hit. */
export const answerTo = (hit: Hit) =>
  byPath(hit)
    ?.endpoints.find(({ path }) => path === hit.path)
    ?.answer?.(decode(hit), hit);

/** The event of a hit that has exactly one. */
export const decodeOne = (hit: Hit): Keyed => {
  const { events, rejects } = decode(hit);
  const [first] = events;
  if (first === undefined || events.length > 1 || rejects.length > 0)
    throw new Error(`${events.length} events, ${JSON.stringify(rejects)}`);
  return first;
};

export const eventOf = (query: Query, parts: Partial<Hit> = {}): Event =>
  decodeOne(hitOf(query, parts)).event;

export const problemsOf = (event: Event): string[] => (event.problems ?? []).map(({ field }) => field);
