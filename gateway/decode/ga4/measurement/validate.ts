/** What the validation endpoint answers: what GA4 would refuse of a request, and what we would. Nothing is stored. */
import type { Hit } from "../../../model/hit.ts";
import type { HitAnswer } from "../../../model/protocol.ts";
import { ownsStream } from "../streams.ts";
import { clientIdOf, isObject, type JsonFields, parseBody, streamOf } from "./body.ts";
import { type Message, message, nameMessages, timeMessages } from "./message.ts";
import { eventMessagesOf } from "./validate-events.ts";

export const validate = (hit: Hit): HitAnswer => ({
  status: 200,
  headers: ["content-type", "application/json; charset=utf-8", "cache-control", "no-store"],
  body: `${JSON.stringify({ validationMessages: messagesOf(hit).slice(0, 100) }, null, 2)}\n`,
});

const messagesOf = (hit: Hit): readonly Message[] => {
  const messages = [...streamMessages(hit)];
  const body = parseBody(hit.body);
  if (body === undefined) {
    messages.push(
      message(
        "",
        "VALUE_INVALID",
        'The body must be a JSON object such as {"client_id": "1.2", "events": [{"name": "login"}]}.',
      ),
    );
    return messages;
  }
  const stream = streamOf(hit.query) ?? { kind: "web", id: "" };
  if (clientIdOf(body, stream) === null) {
    const name = stream.kind === "web" ? "client_id" : "app_instance_id";
    messages.push(
      message(
        name,
        "VALUE_REQUIRED",
        `${name} is required: a text that names the ${stream.kind === "web" ? "browser" : "installation"}.`,
      ),
    );
  }
  messages.push(
    ...timeMessages(body, "timestamp_micros", hit),
    ...userMessages(body),
    ...eventMessagesOf(body, hit),
  );
  return messages;
};

const streamMessages = function* (hit: Hit): Iterable<Message> {
  if (!hit.trusted)
    yield message(
      "api_secret",
      "VALUE_INVALID",
      "api_secret in the query must be one of the site's writeKeys.",
    );
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
      `${JSON.stringify(stream.id.slice(0, 60))} must be one of the site's measurementIds.`,
    );
};

const maxUserProperties = 25;

const userMessages = function* (body: JsonFields): Iterable<Message> {
  const { user_properties: said } = body;
  if (said === undefined) return;
  if (!isObject(said)) {
    yield message(
      "user_properties",
      "VALUE_INVALID",
      'user_properties must be an object such as {"plan": {"value": "gold"}}.',
    );
    return;
  }
  const names = Object.keys(said);
  if (names.length > maxUserProperties)
    yield message("user_properties", "EXCEEDED_MAX_ENTITIES", "user_properties may hold 25 at most.");
  for (const name of names.slice(0, maxUserProperties)) {
    const path = `user_properties.${name}`;
    yield* nameMessages(path, name, 24);
    const value = isObject(said[name]) ? said[name]["value"] : said[name];
    if (typeof value === "string" && value.length > 36)
      yield message(path, "VALUE_OUT_OF_BOUNDS", `The value of ${name} may have 36 characters at most.`);
  }
};
