/** What the validation endpoint answers: what GA4 would refuse of a request, and what we would. Nothing is stored. */
import type { Hit } from "../../../model/hit.ts";
import type { HitAnswer } from "../../../model/protocol.ts";
import { ownsStream } from "../streams.ts";
import { clientIdOf, isObject, type JsonFields, microsOf, parseBody, streamOf } from "./body.ts";
import { isReserved } from "./reserved-names.ts";

interface Message {
  readonly fieldPath: string;
  readonly description: string;
  readonly validationCode:
    | "VALUE_INVALID"
    | "VALUE_REQUIRED"
    | "NAME_INVALID"
    | "NAME_RESERVED"
    | "VALUE_OUT_OF_BOUNDS"
    | "EXCEEDED_MAX_ENTITIES";
}

export const validate = (hit: Hit): HitAnswer => ({
  status: 200,
  headers: ["content-type", "application/json; charset=utf-8", "cache-control", "no-store"],
  body: `${JSON.stringify({ validationMessages: messagesOf(hit).slice(0, 100) }, null, 2)}\n`,
});

const messagesOf = (hit: Hit): readonly Message[] => {
  const messages = [...streamMessages(hit)];
  const body = parseBody(hit.body);
  if (body === undefined) {
    messages.push(message("", "VALUE_INVALID", "The body is no JSON object."));
    return messages;
  }
  const stream = streamOf(hit.query) ?? { kind: "web", id: "" };
  if (clientIdOf(body, stream) === null) {
    const name = stream.kind === "web" ? "client_id" : "app_instance_id";
    messages.push(message(name, "VALUE_REQUIRED", `${name} is required.`));
  }
  messages.push(
    ...timeMessages(body, "timestamp_micros", hit),
    ...userMessages(body),
    ...eventsOf(body, hit),
  );
  return messages;
};

const message = (
  fieldPath: string,
  validationCode: Message["validationCode"],
  description: string,
): Message => ({ fieldPath, description, validationCode });

const streamMessages = function* (hit: Hit): Iterable<Message> {
  if (!hit.trusted)
    yield message("api_secret", "VALUE_INVALID", "api_secret is none of the site's writeKeys.");
  const stream = streamOf(hit.query);
  if (stream === null)
    yield message(
      "measurement_id",
      "VALUE_REQUIRED",
      "measurement_id or firebase_app_id is required in the query.",
    );
  else if (!ownsStream(hit.site, stream.id))
    yield message(
      stream.kind === "web" ? "measurement_id" : "firebase_app_id",
      "VALUE_INVALID",
      "The stream is none of the site's measurementIds.",
    );
};

const oldestMs = 72 * 3_600_000;

const timeMessages = function* (fields: JsonFields, path: string, hit: Hit): Iterable<Message> {
  const { timestamp_micros: said } = fields;
  if (said === undefined) return;
  const micros = microsOf(said);
  if (micros === undefined)
    yield message(path, "VALUE_INVALID", "Expected microseconds since 1970, as a number.");
  else if (micros / 1000 < hit.receivedAt - oldestMs || micros / 1000 > hit.receivedAt + 900_000)
    yield message(path, "VALUE_OUT_OF_BOUNDS", "The time is more than 72 hours ago, or in the future.");
};

const maxUserProperties = 25;

const userMessages = function* (body: JsonFields): Iterable<Message> {
  const { user_properties: said } = body;
  if (said === undefined) return;
  if (!isObject(said)) {
    yield message("user_properties", "VALUE_INVALID", "Expected an object.");
    return;
  }
  const names = Object.keys(said);
  if (names.length > maxUserProperties)
    yield message("user_properties", "EXCEEDED_MAX_ENTITIES", "There may be 25 user properties at most.");
  for (const name of names.slice(0, maxUserProperties)) {
    const path = `user_properties.${name}`;
    if (!/^[A-Za-z]\w{0,23}$/.test(name)) yield nameMessage(path, name, 24);
    const value = isObject(said[name]) ? said[name]["value"] : said[name];
    if (typeof value === "string" && value.length > 36)
      yield message(path, "VALUE_OUT_OF_BOUNDS", "A user property may have 36 characters at most.");
  }
};

const nameMessage = (path: string, name: string, most: number): Message =>
  message(
    path,
    "NAME_INVALID",
    `${JSON.stringify(name.slice(0, 60))} is no name: expected a letter, then letters, digits and _, at most ${most} characters.`,
  );

const maxEvents = 25;

const eventsOf = function* (body: JsonFields, hit: Hit): Iterable<Message> {
  const { events } = body;
  if (!Array.isArray(events) || events.length === 0) {
    yield message("events", "VALUE_REQUIRED", "There must be at least one event.");
    return;
  }
  if (events.length > maxEvents)
    yield message("events", "EXCEEDED_MAX_ENTITIES", "There may be 25 events at most.");
  for (const [i, event] of events.slice(0, maxEvents).entries())
    yield* eventMessages(event, `events[${i}]`, hit);
};

const eventMessages = function* (event: unknown, path: string, hit: Hit): Iterable<Message> {
  const name = isObject(event) ? event["name"] : undefined;
  if (!isObject(event) || typeof name !== "string" || name === "") {
    yield message(`${path}.name`, "VALUE_REQUIRED", "An event must have a name.");
    return;
  }
  if (!/^[A-Za-z]\w{0,39}$/.test(name)) yield nameMessage(`${path}.name`, name, 40);
  else if (isReserved(name)) yield message(`${path}.name`, "NAME_RESERVED", `${name} is a reserved name.`);
  yield* timeMessages(event, `${path}.timestamp_micros`, hit);
  yield* paramMessages(event["params"], `${path}.params`);
};

const maxParams = 25;
const longValues: ReadonlySet<string> = new Set(["page_location", "page_referrer", "page_title"]);

const paramMessages = function* (params: unknown, path: string): Iterable<Message> {
  if (params === undefined) return;
  if (!isObject(params)) {
    yield message(path, "VALUE_INVALID", "Expected an object.");
    return;
  }
  const names = Object.keys(params);
  if (names.length > maxParams)
    yield message(path, "EXCEEDED_MAX_ENTITIES", "There may be 25 parameters at most.");
  for (const name of names.slice(0, maxParams)) {
    if (!/^[A-Za-z]\w{0,39}$/.test(name)) yield nameMessage(`${path}.${name}`, name, 40);
    const value = params[name];
    if (typeof value === "string" && value.length > 100 && !longValues.has(name))
      yield message(`${path}.${name}`, "VALUE_OUT_OF_BOUNDS", "A value may have 100 characters at most.");
  }
  yield* itemMessages(params["items"], `${path}.items`);
  if (typeof params["value"] === "number" && params["currency"] === undefined)
    yield message(`${path}.currency`, "VALUE_REQUIRED", "A value needs its currency.");
};

const itemMessages = function* (items: unknown, path: string): Iterable<Message> {
  if (items === undefined) return;
  if (!Array.isArray(items)) yield message(path, "VALUE_INVALID", "Expected a list of items.");
  else if (items.length > 200)
    yield message(path, "EXCEEDED_MAX_ENTITIES", "There may be 200 items at most.");
};
