/** Finds the well-known place of a host. */
import { parse } from "tldts";
import type { ReferrerKind } from "../model/site.ts";
import { campaignNames, places } from "./places.ts";

export interface Place {
  readonly source: string;
  readonly kind: ReferrerKind;
  /** parameters that hold what was searched for */
  readonly terms: readonly string[];
}

export interface PlaceTable {
  /** The place of a host in lower case; null for hosts nobody knows. Part of a host may be another place. */
  find(host: string, path?: string): Place | null;
  /** What kind of place goes by this name in reports: `google` is a search engine. */
  kindOf(source: string): ReferrerKind | null;
}

export const createPlaceTable = (): PlaceTable => {
  const byHost = new Map<string, Place>();
  const kinds = new Map<string, ReferrerKind>();
  for (const [kind, source, text] of places) {
    const [hosts = "", terms = ""] = text.split("?");
    const place = { source, kind, terms: terms.split(" ").filter(Boolean) };
    for (const host of hosts.split(" ").filter(Boolean)) byHost.set(host, place);
    if (!kinds.has(source)) kinds.set(source, kind);
  }
  for (const [kind, names] of campaignNames) for (const name of names.split(" ")) kinds.set(name, kind);
  const find = (host: string, path = ""): Place | null => {
    const part = byHost.get(host + path.split("/", 3).join("/"));
    if (part) return part;
    for (const name of namesOf(host)) {
      const place = byHost.get(name);
      if (place) return place;
    }
    return null;
  };
  return {
    find,
    kindOf: (source) => kinds.get(source) ?? (source.includes(".") ? (find(source)?.kind ?? null) : null),
  };
};

/**
 * The names under which a host may stand, longest first, each before its form with any public suffix:
 * `a.google.co.uk`, `a.google.*`, `google.co.uk`, `google.*`. `google.evil.example` is none of Google's.
 */
const namesOf = function* (host: string): Iterable<string> {
  const { publicSuffix } = parse(host);
  const suffixLabels = publicSuffix === null ? 0 : publicSuffix.split(".").length;
  const labels = host.split(".");
  for (let i = 0; i < labels.length && i < maxLabels; i++) {
    const rest = labels.slice(i);
    yield rest.join(".");
    if (suffixLabels > 0 && rest.length > suffixLabels) yield `${rest.slice(0, -suffixLabels).join(".")}.*`;
  }
};

/** A host of DNS has at most 127 labels; none of those that are known has so many. */
const maxLabels = 10;
