/** The Measurement Protocol: events that a site's server or an app sends as JSON, with the site's write key. */
import { cleanText } from "../../../lib/clean-text.ts";
import { jsonText } from "../../../lib/json-text.ts";
import { maskSecrets } from "../../../lib/mask-secrets.ts";
import type { Keyed } from "../../../model/event.ts";
import type { Hit } from "../../../model/hit.ts";
import { hashedId } from "../../../model/ids.ts";
import type { Decoded, Reject } from "../../../model/protocol.ts";
import type { Origin } from "../../native/event-id.ts";
import { isKeyTime } from "../../native/event-time.ts";
import { sampleOf } from "../lines.ts";
import { ownsStream } from "../streams.ts";
import { clientIdOf, isObject, type JsonFields, momentOf, parseBody, type Stream, streamOf } from "./body.ts";
import { buildServerEvent, consentOf, type Envelope } from "./build-event.ts";

/** The events of a request, each on its own; what holds for all of them is said once, around them. */
export const decodeMeasurement = (
  hit: Hit,
  batchEvents: number,
  makeId: (hit: Hit, origin: Origin) => string,
): Decoded => {
  const opened = openEnvelope(hit);
  if ("reason" in opened) return { events: [], rejects: [opened] };
  const { envelope, events: given } = opened;
  const events: Keyed[] = [];
  const rejects: Reject[] = [];
  const seen = new Map<string, number>();
  for (const [line, said] of given.slice(0, batchEvents).entries()) {
    const name = isObject(said) ? said["name"] : undefined;
    if (!isObject(said) || typeof name !== "string" || name.trim() === "") {
      if (rejects.length < maxRejects)
        rejects.push({
          reason: `events[${line}]: no event name`,
          sample: sampleIn(envelope.body, jsonText(said) ?? ""),
        });
      continue;
    }
    const micros = momentOf(said) ?? envelope.micros;
    const key = keyOf(envelope, said, name, micros, seen) ?? {
      id: makeId(hit, { text: null, line }),
      keyTime: hit.receivedAt,
    };
    events.push(buildServerEvent(envelope, { said, name: cleanText(name, 256), micros, line, ...key }));
  }
  if (given.length > batchEvents)
    rejects.push({
      reason: `over ${batchEvents} events in one request: ${given.length - batchEvents} after them left out`,
      sample: "",
    });
  return { events, rejects };
};

const maxRejects = 20;

type Opened = { readonly envelope: Envelope; readonly events: readonly unknown[] } | Reject;

const openEnvelope = (hit: Hit): Opened => {
  const refuse = (reason: string): Reject => ({ reason, sample: sampleOf(hit.body) });
  const stream = streamOf(hit.query);
  if (stream === null) return refuse("no stream: measurement_id or firebase_app_id is to be in the query");
  if (!ownsStream(hit.site, stream.id))
    return refuse(
      `stream ${JSON.stringify(stream.id.slice(0, 60))} is none of the measurementIds of site ${hit.site.id}`,
    );
  const body = parseBody(hit.body);
  if (body === undefined) return refuse("the body is no JSON object");
  const lacks = (reason: string): Reject => ({ reason, sample: sampleIn(body, hit.body) });
  const clientId = clientIdOf(body, stream);
  if (clientId === null)
    return lacks(`no ${stream.kind === "web" ? "client_id" : "app_instance_id"} in the body`);
  const { events } = body;
  if (!Array.isArray(events) || events.length === 0) return lacks("no list of events in the body");
  const envelope = { hit, stream, body, clientId, micros: momentOf(body) };
  return { envelope, events };
};

/** Of a visitor who refuses, a body is not shown: he is named in it. */
const sampleIn = (body: JsonFields, text: string): string =>
  consentOf(body, []).analyticsStorage === false ? "" : sampleOf(text);

/** An event that has a time of its own is known again when the same request comes twice. */
const keyOf = (
  { hit, stream, clientId }: { hit: Hit; stream: Stream; clientId: string },
  said: JsonFields,
  name: string,
  micros: number | undefined,
  seen: Map<string, number>,
) => {
  if (micros === undefined) return null;
  const params = jsonText(said["params"] ?? null);
  if (params === null) return null;
  const parts = ["ga4_mp", stream.id, clientId, String(micros), name, maskSecrets(params)];
  const first = hashedId(parts);
  const count = seen.get(first) ?? 0;
  seen.set(first, count + 1);
  const ms = Math.floor(micros / 1000);
  return {
    id: count === 0 ? first : hashedId([...parts, String(count)]),
    keyTime: isKeyTime(ms, hit.receivedAt) ? ms : null,
  };
};
