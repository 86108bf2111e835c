/** What the validation endpoint says of one field. */
import type { Hit } from "../../../model/hit.ts";
import { type JsonFields, microsOf } from "./body.ts";
import { hasReservedPrefix } from "./reserved-names.ts";

export interface Message {
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

export const message = (
  fieldPath: string,
  validationCode: Message["validationCode"],
  description: string,
): Message => ({ fieldPath, description, validationCode });

const oldestMs = 72 * 3_600_000;

export const timeMessages = function* (fields: JsonFields, path: string, hit: Hit): Iterable<Message> {
  const { timestamp_micros: said } = fields;
  if (said === undefined) return;
  const micros = microsOf(said);
  if (micros === undefined)
    yield message(path, "VALUE_INVALID", "timestamp_micros must be a number: microseconds since 1970.");
  else if (micros / 1000 < hit.receivedAt - oldestMs || micros / 1000 > hit.receivedAt + 900_000)
    yield message(path, "VALUE_OUT_OF_BOUNDS", "timestamp_micros must lie within the last 72 hours.");
};

/** Of a parameter or a user property. */
export const nameMessages = function* (path: string, name: string, most: number): Iterable<Message> {
  if (name.length > most || !/^[A-Za-z]\w*$/.test(name)) yield nameMessage(path, name, most);
  else if (hasReservedPrefix(name))
    yield message(path, "NAME_RESERVED", `${name} begins as reserved names do: choose another.`);
};

export const nameMessage = (path: string, name: string, most: number): Message =>
  message(
    path,
    "NAME_INVALID",
    `${JSON.stringify(name.slice(0, 60))} is no name: expected a letter, then letters, digits and _, at most ${most} characters.`,
  );
