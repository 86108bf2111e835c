/** A settings file of the original tracker turned into one of ours. */
import { newDraft, settingsOf } from "./draft.ts";
import { type Became, countedWhenLeftOut, originalKeys } from "./keys.ts";
import { becameOfService, serviceFields } from "./services.ts";

export interface Imported {
  /** as a settings file has them */
  readonly settings: object;
  /** what became of each key of the old file */
  readonly notes: readonly ImportNote[];
}

export interface ImportNote extends Became {
  /** the key as the file spells it, e.g. `Notify[0].Hosts` */
  readonly key: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** Keys are read in any case, as the original does; what it did not know is named as well. */
export const importOriginal = (old: Fields): Imported => {
  const given = new Map(Object.entries(old).map(([key, value]) => [key.toLowerCase(), { key, value }]));
  const draft = newDraft({
    usesLocalTls: given.get("uselocaltls")?.value === true,
    namesPort: isSaid(given.get("proxyport")?.value),
  });
  const notes: ImportNote[] = [];
  for (const [name, rule] of originalKeys) {
    const found = given.get(name.toLowerCase());
    given.delete(name.toLowerCase());
    if (found) notes.push({ key: found.key, ...rule(found.value, draft) });
    else if (countedWhenLeftOut.has(name)) {
      const became = rule(undefined, draft);
      if (became.kind !== "dropped") notes.push({ key: `${name} (left out)`, ...became });
    }
  }
  for (const [name, { key, value }] of given) {
    if (name === "notify" || name === "consume") notes.push(...entriesOf(key, value));
    else notes.push({ key, kind: "dropped", sentence: "the original did not know it either" });
  }
  return { settings: settingsOf(draft), notes };
};

const isSaid = (value: unknown): boolean => typeof value === "string" && value.trim() !== "";

const entriesOf = (list: string, value: unknown): readonly ImportNote[] => {
  if (!Array.isArray(value) || value.length === 0)
    return [{ key: list, kind: "dropped", sentence: "it names no service" }];
  return value.flatMap((entry: unknown, i): readonly ImportNote[] => {
    const path = `${list}[${i}]`;
    return isFields(entry)
      ? entryNotes(path, entry)
      : [{ key: path, kind: "dropped", sentence: "it is no service" }];
  });
};

const entryNotes = (path: string, entry: Fields): readonly ImportNote[] => {
  const named = Object.entries(entry).map(([key, value]) => [key, key.toLowerCase(), value] as const);
  const service = named.find(([, name]) => name === "service")?.[2];
  const known = new Map(Object.entries(serviceFields).map(([key, why]) => [key.toLowerCase(), why]));
  const fields = named
    .filter(([, name]) => name !== "service")
    .map(([key, name]): ImportNote => {
      const sentence = known.get(name) ?? "the original did not know it either";
      return { key: `${path}.${key}`, kind: "dropped", sentence };
    });
  return [{ key: `${path}.Service (${String(service)})`, ...becameOfService(service) }, ...fields];
};

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
