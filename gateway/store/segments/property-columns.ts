/** Which properties of a site's events become columns of their own, and of what type. Pure. */
import type { Json, JsonObject } from "../../model/json.ts";
import type { PropertyKind } from "./segment.ts";

export interface PropertyColumn {
  readonly name: string;
  readonly kind: PropertyKind;
  /** events that had it */
  readonly n: number;
  readonly chosen: boolean;
}

/** So many properties of a site become columns; clients choose the names, so that there must be an end. */
export const maxColumns = 200;
/** so many names of a site are counted */
export const maxCounted = 1000;

/** The kind of one value; null for null, which has none. */
export const kindOf = (value: Json): PropertyKind | null => {
  if (value === null) return null;
  if (typeof value === "string") return "text";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return Number.isSafeInteger(value) ? "int" : "float";
  return "json";
};

/** The kind that holds values of both. */
export const widen = (a: PropertyKind, b: PropertyKind): PropertyKind => {
  if (a === b) return a;
  const numbers = (a === "int" || a === "float") && (b === "int" || b === "float");
  return numbers ? "float" : "mixed";
};

/** Counts the properties of events; past `maxCounted` × 4 new names are not counted any more. */
export const createPropertyCount = () => {
  const counted = new Map<string, { kind: PropertyKind; n: number }>();
  return {
    counted,
    add(properties: JsonObject) {
      for (const name in properties) {
        const kind = kindOf(properties[name] ?? null);
        if (!kind || !canName(name)) continue;
        const known = counted.get(name);
        if (known) {
          known.n++;
          known.kind = widen(known.kind, kind);
        } else if (counted.size < maxCounted * 4) counted.set(name, { kind, n: 1 });
      }
    },
  };
};

export type PropertyCount = ReturnType<typeof createPropertyCount>["counted"];

/** What a site's properties are after these events: pinned ones first, then the most used. */
export const chooseColumns = (
  known: readonly PropertyColumn[],
  seen: PropertyCount,
  pinned: readonly string[],
): readonly PropertyColumn[] => {
  const all = new Map(known.map((column) => [column.name, column]));
  for (const [name, { kind, n }] of seen) {
    const before = all.get(name);
    all.set(name, {
      name,
      kind: before ? widen(before.kind, kind) : kind,
      n: (before?.n ?? 0) + n,
      chosen: before?.chosen ?? false,
    });
  }
  const isPinned = new Set(pinned);
  // A column stays until another is used twice as often: the files of a site should not differ from day to day.
  const weight = (c: PropertyColumn) => (isPinned.has(c.name) ? Infinity : c.chosen ? c.n * 2 : c.n);
  const inOrder = [...all.values()].sort(
    (a, b) =>
      compare(weight(b), weight(a)) ||
      compare(Number(b.chosen), Number(a.chosen)) ||
      (a.name < b.name ? -1 : 1),
  );
  const taken = new Set<string>();
  return inOrder.slice(0, maxCounted).map((column) => {
    // Names of columns differ in more than case everywhere; of two spellings the more used one gets the column.
    const folded = column.name.toLowerCase();
    const chosen = taken.size < maxColumns && !taken.has(folded);
    if (chosen) taken.add(folded);
    return { ...column, chosen };
  });
};

const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);

/** A name of a column must be readable everywhere: no control characters, not endless, well-formed. */
const canName = (name: string): boolean =>
  name.length > 0 && name.length <= 100 && name.isWellFormed() && !/\p{C}/u.test(name);
