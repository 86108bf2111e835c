/**
 * The old privacy endpoints: `agree` keeps what a visitor agreed to, and tells it about a tenth of a second later; `jds` the
 * rules of privacy by place; `geoip` where the caller is. Each speaks of the request's own visitor and address alone.
 */
import type { Exchange, Handler } from "../http/exchange.ts";
import type { ReadBody } from "../http/read-body.ts";
import type { EventStore, Row } from "../model/event-store.ts";
import { parseUuid } from "../model/ids.ts";
import type { Json } from "../model/json.ts";
import type { Agreement } from "../model/records.ts";
import type { Visitor } from "../model/visitor.ts";
import { bodyOf, requestOf, writeAnswer } from "./collect.ts";
import type { Collector } from "./collector.ts";
import { corsHeaders, originOf, preflightHeaders } from "./cors.ts";
import type { CollectAnswer } from "./request.ts";
import type { Jurisdiction } from "./settings.ts";
import { textOf } from "./unpack.ts";

/** Where an address is, as far as anybody knows. */
export interface Place {
  readonly code: string | null;
  readonly country: string | null;
  readonly region: string | null;
  readonly city: string | null;
}

export interface PrivacyOptions {
  readonly collector: Collector;
  readonly readBody: ReadBody;
  readonly resolve: (x: Exchange) => Visitor;
  readonly report: EventStore["report"];
  readonly locate: (address: string) => Place | null;
  readonly jurisdictions: readonly Jurisdiction[];
}

const maxBodyBytes = 65_536;

export const privacyEndpoints = (options: PrivacyOptions): Handler => {
  const rules = [...options.jurisdictions].sort((a, b) => a.seq - b.seq);

  const agree = async (x: Exchange): Promise<CollectAnswer> => {
    const body = await bodyOf(x, maxBodyBytes, options.readBody);
    if (body.length === 0) return refuse(x, "Bad request (body)");
    const unpacked = await textOf(body, x.req.headers["content-encoding"], maxBodyBytes);
    const text = typeof unpacked === "string" ? unpacked : unpacked.kind === "text" ? unpacked.text : null;
    if (text !== null && !isObject(text)) return refuse(x, "Bad request (data)");
    return options.collector.take(requestOf(x, text ?? body)); // which says what is wrong with the packing
  };

  /** Only for the cookie's visitor: an id that is just named opens nobody's history. */
  const agreed = async (x: Exchange): Promise<CollectAnswer> => {
    const { id } = options.resolve(x);
    const named = new URLSearchParams(x.query).get("vid");
    if (id === null || (named !== null && (parseUuid(named) ?? named) !== id)) return tell(x, 404, []);
    const rows = await options.report("agreements", { site: x.site.id, visitor: id });
    return tell(
      x,
      200,
      rows.map((row) => told(id, row)),
    );
  };

  const geoip = (x: Exchange): CollectAnswer => {
    const asked = new URLSearchParams(x.query).get("ip");
    if (asked !== null && asked !== x.address) return refuse(x, "Bad Request (IP)");
    const place = options.locate(x.address);
    if (place === null) return refuse(x, "Not Found (IP)");
    const { code, country, region, city } = place;
    // Neither the range, which is ours to know, nor a point: no database that ships has one.
    const unknown = { lat: null, lon: null, zip: null, tz: null };
    return tell(x, 200, { ips: x.address, ipe: x.address, iso2: code, country, region, city, ...unknown });
  };

  const answer = (x: Exchange): CollectAnswer | Promise<CollectAnswer> => {
    if (x.req.method === "OPTIONS") {
      return { status: 200, headers: [...corsHeaders(x, originOf(x)), ...preflightHeaders], body: "" };
    }
    switch (actionOf(x.path)) {
      case "agree":
        return x.req.method === "POST" ? agree(x) : agreed(x);
      case "jds":
        return tell(
          x,
          200,
          rules.map((rule) => ({ ...rule, created: null })),
        );
      case "geoip":
        return geoip(x);
      default:
        return refuse(x, "Unknown action");
    }
  };
  return async (x) => writeAnswer(x, await answer(x));
};

const tell = (x: Exchange, status: number, value: Json): CollectAnswer =>
  worded(x, status, "application/json", JSON.stringify(value));

/** In the words of the original, which its clients show. */
const refuse = (x: Exchange, sentence: string): CollectAnswer => worded(x, 400, "text/plain", sentence);

const worded = (x: Exchange, status: number, type: string, body: string): CollectAnswer => ({
  status,
  headers: [...corsHeaders(x, originOf(x)), "content-type", type, "cache-control", "no-store"],
  body,
});

/** The word behind the endpoint in either layout, with or without a slash behind it; empty where there are more. */
const actionOf = (path: string): string => /\/ppi\/(?:v\d+\/)?([^/]*)\/*$/.exec(path)?.[1] ?? "";

const told = (visitor: string, { at, said }: Row): Json => ({
  vid: visitor,
  ...(JSON.parse(String(said)) as Agreement["said"]), // our own text
  created: Number(at),
});

const isObject = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ""));
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false; // not JSON
  }
};
