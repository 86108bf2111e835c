/** Every key of the settings, read out of their schema: what may stand there, its default and what it is for. */
import type { z } from "zod";
import { allowedIn, definition, isObjectLike, membersOf } from "./allowed.ts";

type Schema = z.core.$ZodType;

export interface Setting {
  /** `routes[].proxy.upstreams`; `*` stands for a name of one's own */
  readonly path: string;
  /** "a whole number from 1 to 600" */
  readonly allowed: string;
  /** as it would be written; null where there is none, or where it is that of the parts */
  readonly byDefault: string | null;
  /** what it is for */
  readonly about: string;
  /** nothing stands for it where it is left out */
  readonly isNeeded: boolean;
  /** what may stand there is told by its parts */
  readonly hasParts: boolean;
}

/** In the order of the schema, each before its parts. */
export const listSettings = (schema: Schema, path = ""): readonly Setting[] =>
  membersOf(schema).flatMap(({ key, member }) => {
    const at = key === "[]" ? `${path}[]` : [path, key].filter((part) => part !== "").join(".");
    const parts = listSettings(member, at);
    return key === "[]" ? parts : [settingOf(member, at), ...parts];
  });

const settingOf = (schema: Schema, path: string): Setting => ({
  path,
  allowed: allowedIn(schema),
  byDefault: isObjectLike(schema) ? null : defaultOf(schema),
  about: aboutOf(schema),
  isNeeded: innerOf(schema) === null,
  hasParts: isObjectLike(schema),
});

const defaultOf = (schema: Schema): string | null => {
  const def = definition(schema);
  if (def.type === "default" || def.type === "prefault") return JSON.stringify(def.defaultValue);
  return def.type === "optional" || def.type === "pipe" ? defaultOf(innerOf(schema) ?? schema) : null;
};

const aboutOf = (schema: Schema): string => {
  const own = (schema as z.ZodType).description; // every schema of Zod's classic form has one, if only undefined
  if (own !== undefined) return own;
  const inner = innerOf(schema);
  return inner === null ? "" : aboutOf(inner);
};

const innerOf = (schema: Schema): Schema | null => {
  const def = definition(schema);
  if (def.type === "pipe") return def.in;
  return def.type === "default" || def.type === "prefault" || def.type === "optional" ? def.innerType : null;
};
