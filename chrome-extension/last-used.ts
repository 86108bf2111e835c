import { type LinkFields, type LinkKind, parameters, type Tags } from "./grammar.ts";

/** What the last link was made with, so that the next one starts there. The address is never kept. */
export type LastUsed = Omit<LinkFields, "url">;

const key = "lastUsed";

export const loadLastUsed = async (): Promise<LastUsed> =>
  readLastUsed((await chrome.storage.local.get(key))[key]);

export const saveLastUsed = ({ kind, tracker, plain, tags }: LastUsed): Promise<void> =>
  chrome.storage.local.set({ [key]: { kind, tracker, plain, tags } });

/** Reads what an earlier version may have written; what it does not know is left out. */
export const readLastUsed = (value: unknown): LastUsed => {
  const stored = asRecord(value);
  const storedTags = asRecord(stored["tags"]);
  const tags = Object.fromEntries(parameters.map(({ name }) => [name, asText(storedTags[name])])) as Tags; // by name
  return {
    kind: isKind(stored["kind"]) ? stored["kind"] : "internal",
    tracker: asText(stored["tracker"]),
    plain: stored["plain"] === true,
    tags,
  };
};

export const isKind = (value: unknown): value is LinkKind =>
  value === "internal" || value === "external" || value === "pixel";

const asRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? { ...value } : {};

const asText = (value: unknown): string => (typeof value === "string" ? value : "");
