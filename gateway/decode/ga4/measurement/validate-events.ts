/** What GA4 would refuse of the events of a request. */
import type { Hit } from "../../../model/hit.ts";
import { isObject, type JsonFields } from "./body.ts";
import { type Message, message, nameMessage, nameMessages, timeMessages } from "./message.ts";
import { isReserved } from "./reserved-names.ts";

const maxEvents = 25;

export const eventMessagesOf = function* (body: JsonFields, hit: Hit): Iterable<Message> {
  const { events } = body;
  if (!Array.isArray(events) || events.length === 0) {
    yield message("events", "VALUE_REQUIRED", "events must be a list of at least one event.");
    return;
  }
  if (events.length > maxEvents)
    yield message(
      "events",
      "EXCEEDED_MAX_ENTITIES",
      "events may hold 25 at most: send the others in another request.",
    );
  for (const [i, event] of events.slice(0, maxEvents).entries())
    yield* messagesOf(event, `events[${i}]`, hit);
};

const messagesOf = function* (event: unknown, path: string, hit: Hit): Iterable<Message> {
  const name = isObject(event) ? event["name"] : undefined;
  if (!isObject(event) || typeof name !== "string" || name === "") {
    yield message(`${path}.name`, "VALUE_REQUIRED", "An event must be an object with a name.");
    return;
  }
  if (!/^[A-Za-z]\w{0,39}$/.test(name)) yield nameMessage(`${path}.name`, name, 40);
  else if (isReserved(name))
    yield message(`${path}.name`, "NAME_RESERVED", `${name} is a reserved name: choose another.`);
  yield* timeMessages(event, `${path}.timestamp_micros`, hit);
  yield* paramMessages(event["params"], `${path}.params`);
};

const maxParams = 25;
const longValues: ReadonlySet<string> = new Set(["page_location", "page_referrer", "page_title"]);

const paramMessages = function* (params: unknown, path: string): Iterable<Message> {
  if (params === undefined) return;
  if (!isObject(params)) {
    yield message(path, "VALUE_INVALID", 'params must be an object such as {"method": "email"}.');
    return;
  }
  const names = Object.keys(params);
  if (names.length > maxParams) yield message(path, "EXCEEDED_MAX_ENTITIES", "params may hold 25 at most.");
  for (const name of names.slice(0, maxParams)) {
    yield* nameMessages(`${path}.${name}`, name, 40);
    const value = params[name];
    if (typeof value === "string" && value.length > 100 && !longValues.has(name))
      yield message(
        `${path}.${name}`,
        "VALUE_OUT_OF_BOUNDS",
        `The value of ${name} may have 100 characters at most.`,
      );
  }
  yield* itemMessages(params["items"], `${path}.items`);
  if (typeof params["value"] === "number" && params["currency"] === undefined)
    yield message(
      `${path}.currency`,
      "VALUE_REQUIRED",
      "value needs a currency beside it: three letters (ISO 4217).",
    );
};

const itemMessages = function* (items: unknown, path: string): Iterable<Message> {
  if (items === undefined) return;
  if (!Array.isArray(items)) yield message(path, "VALUE_INVALID", "items must be a list of objects.");
  else if (items.length > 200) yield message(path, "EXCEEDED_MAX_ENTITIES", "items may hold 200 at most.");
};
