/** What a schema allows at a path, in words. */
import type { z } from "zod";

type Schema = z.core.$ZodType;
type Path = readonly PropertyKey[];

/** "a whole number from 1 to 600", 'one of "a", "b"', "a list of at least 2": what may stand at the path. */
export const allowedAt = (schema: Schema, path: Path): string => {
  const found = schemaAt(schema, path);
  return found ? describe(found) : "something else";
};

/** What may stand where the schema is, as `allowedAt` says it. */
export const allowedIn = (schema: Schema): string => describe(unwrap(schema));

/** What stands below: the keys of an object, `[]` for the elements of a list, `*` for any name; of a union, those of all. */
export const membersOf = (schema: Schema): readonly { readonly key: string; readonly member: Schema }[] => {
  const def = definition(unwrap(schema));
  switch (def.type) {
    case "object":
      return Object.entries(def.shape).map(([key, member]) => ({ key, member }));
    case "array":
      return [{ key: "[]", member: def.element }];
    case "record":
      return membersOf(def.valueType).length > 0 ? [{ key: "*", member: def.valueType }] : [];
    default:
      return optionsOf(schema).flatMap(membersOf);
  }
};

/** Whether its parts say all there is to say of its default. */
export const isObjectLike = (schema: Schema): boolean => keysOf(schema).length > 0;

/** The keys an object at the path may have; none where it is no object. */
export const knownKeysAt = (schema: Schema, path: Path): readonly string[] => {
  const found = schemaAt(schema, path);
  return found ? keysOf(found) : [];
};

/** Which option of a union at the path is meant by an object: the only one that takes objects, else null. */
export const objectOption = (schema: Schema, path: Path): number | null => {
  const options = optionsOf(schemaAt(schema, path));
  const objects = options.flatMap((option, i) => (takesObjects(option) ? [i] : []));
  return objects.length === 1 ? (objects[0] ?? null) : null;
};

const takesObjects = (schema: Schema): boolean =>
  keysOf(schema).length > 0 || definition(unwrap(schema)).type === "record";

// Zod's own union of all schemas: the `type` of the definition tells them apart.
export const definition = (schema: Schema) => (schema as z.core.$ZodTypes)._zod.def;

/** Without defaults and the like, which allow nothing more to be written. */
const unwrap = (schema: Schema): Schema => {
  const def = definition(schema);
  switch (def.type) {
    case "default":
    case "prefault":
    case "optional":
      return unwrap(def.innerType);
    case "pipe":
      return unwrap(def.in);
    default:
      return schema;
  }
};

const schemaAt = (schema: Schema, path: Path): Schema | null => {
  const [part, ...rest] = path;
  if (part === undefined) return unwrap(schema);
  for (const inner of innerAt(schema, String(part))) {
    const found = schemaAt(inner, rest);
    if (found) return found;
  }
  return null;
};

/** What may stand under this key or number: one schema, or several where a union has several that know it. */
const innerAt = (schema: Schema, part: string): readonly Schema[] => {
  const def = definition(unwrap(schema));
  switch (def.type) {
    case "object":
      return def.shape[part] ? [def.shape[part]] : [];
    case "array":
      return [def.element];
    case "record":
      return [def.valueType];
    default:
      return optionsOf(schema).flatMap((option) => innerAt(option, part));
  }
};

/** The alternatives of a union, or the one beside null. */
const optionsOf = (schema: Schema | null): readonly Schema[] => {
  const def = schema && definition(unwrap(schema));
  if (def?.type === "nullable") {
    const inner = optionsOf(def.innerType);
    return inner.length > 0 ? inner : [def.innerType];
  }
  return def?.type === "union" ? def.options : [];
};

const keysOf = (schema: Schema): readonly string[] => {
  const def = definition(unwrap(schema));
  return def.type === "object" ? Object.keys(def.shape) : optionsOf(schema).flatMap(keysOf);
};

const describe = (schema: Schema): string => {
  const def = definition(unwrap(schema));
  switch (def.type) {
    case "string":
      return describeText(schema);
    case "number":
      return describeNumber(schema);
    case "boolean":
      return "true or false";
    case "array":
      return `a list${describeSize(schema)}`;
    case "object":
      return `an object with ${Object.keys(def.shape).join(", ")}`;
    case "record":
      return "an object";
    case "enum":
      return oneOf(Object.values(def.entries).map((value) => JSON.stringify(value)));
    case "nullable":
      return `${describe(def.innerType)} or null`;
    case "union":
      return describeUnion(def.options);
    case "literal":
      return oneOf(def.values.map((value) => JSON.stringify(value)));
    default:
      return def.type;
  }
};

const describeUnion = (options: readonly Schema[]): string => {
  const literals = options.flatMap((option) => {
    const def = definition(unwrap(option));
    return def.type === "literal" ? def.values : [];
  });
  if (literals.length === options.length) return oneOf(literals.map((value) => JSON.stringify(value)));
  return options.map(describe).join(", or ");
};

const oneOf = (values: readonly string[]): string =>
  values.length === 1 ? String(values[0]) : `one of ${values.join(", ")}`;

interface Bounds {
  minimum?: number;
  maximum?: number;
  above?: number;
}

/** The bounds of a number, or the sizes of a text or list, from the checks that its schema runs. */
const boundsOf = (schema: Schema): Bounds => {
  const bounds: Bounds = {};
  for (const check of definition(unwrap(schema)).checks ?? []) {
    const def = (check as z.core.$ZodChecks)._zod.def; // Zod's own union of all checks
    if (def.check === "min_length") bounds.minimum = def.minimum;
    if (def.check === "max_length") bounds.maximum = def.maximum;
    if (def.check === "greater_than") bounds[def.inclusive ? "minimum" : "above"] = Number(def.value);
    if (def.check === "less_than") bounds.maximum = Number(def.value);
  }
  return bounds;
};

const describeText = (schema: Schema): string => {
  const { minimum = 0 } = boundsOf(schema);
  if (minimum === 0) return "a text";
  return minimum === 1 ? "a text that is not empty" : `a text of at least ${minimum} characters`;
};

const describeNumber = (schema: Schema): string => {
  const { minimum, maximum, above } = boundsOf(schema);
  const def = definition(unwrap(schema));
  const what = "format" in def && def.format === "safeint" ? "a whole number" : "a number";
  if (minimum !== undefined && maximum !== undefined) return `${what} from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return `${what} of at least ${minimum}`;
  const from = above === undefined ? "" : ` above ${above}`;
  return `${what}${from}${maximum === undefined ? "" : ` up to ${maximum}`}`;
};

const describeSize = (schema: Schema): string => {
  const { minimum, maximum } = boundsOf(schema);
  if (minimum !== undefined && maximum !== undefined) return ` of ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return maximum === undefined ? "" : ` of at most ${maximum}`;
};
