/**
 * Hits of GA4's tag and of those that speak like it: form-encoded fields in the query, and lines of a body that each
 * add to them. `/d/c` is the same on another path; servers and apps send JSON to `/mp/collect`.
 */
import type { TrackingProtocol } from "../../model/event.ts";
import type { Decoded, Endpoint, HitAnswer, Protocol } from "../../model/protocol.ts";
import type { Site } from "../../model/site.ts";
import { createIdMaker } from "../native/event-id.ts";
import { buildEvent, type Context } from "./build-event.ts";
import { readLines } from "./lines.ts";
import { decodeMeasurement } from "./measurement/decode.ts";
import { validate } from "./measurement/validate.ts";

export interface Ga4Options {
  /** most events in one hit */
  readonly batchEvents: number;
}

const collectPath = "/g/collect";
const d8aPath = "/d/c";
const serverPath = "/mp/collect";
const validationPath = "/debug/mp/collect";

/** Where the protocols take hits, by their ids. */
const ga4Paths: Readonly<Record<"ga4" | "d8a", readonly string[]>> = {
  ga4: [collectPath, serverPath, validationPath],
  d8a: [d8aPath],
};

/** The paths that a site's protocols have, without its prefix. */
export const ga4PathsOf = ({ protocols }: Pick<Site, "protocols">): readonly string[] =>
  (["ga4", "d8a"] as const).filter((id) => protocols.includes(id)).flatMap((id) => ga4Paths[id]);

/** The decoders. They remember the hits of the last moments, to tell identical ones apart: once per process. */
export const createGa4 = ({ batchEvents }: Ga4Options): readonly Protocol[] => {
  const makeId = createIdMaker();
  const decodeLines = (protocol: TrackingProtocol): Protocol["decode"] => {
    const context: Context = { protocol, makeId };
    return (hit) => {
      const { lines, rejects } = readLines(hit.query, hit.method === "GET" ? "" : hit.body, batchEvents);
      return collectLines(hit, lines, rejects, context);
    };
  };
  const decodeTag = decodeLines("ga4_gtag");
  return [
    {
      id: "ga4",
      endpoints: [
        { path: collectPath, from: "anyone", answer: answerTag },
        { path: serverPath, from: "key", answer: answerTag },
        { path: validationPath, from: "anyone", answer: (_, hit) => validate(hit) },
      ],
      decode(hit) {
        if (hit.base === validationPath) return nothing;
        return hit.base === serverPath ? decodeMeasurement(hit, batchEvents, makeId) : decodeTag(hit);
      },
    },
    {
      id: "d8a",
      endpoints: [{ path: d8aPath, from: "anyone", answer: answerTag }],
      decode: decodeLines("d8a"),
    },
  ];
};

const nothing: Decoded = { events: [], rejects: [] };

const maxRejects = 20;

const collectLines = (
  hit: Parameters<typeof buildEvent>[0],
  lines: ReturnType<typeof readLines>["lines"],
  refused: Decoded["rejects"],
  context: Context,
): Decoded => {
  const events: Decoded["events"][number][] = [];
  const rejects: Decoded["rejects"][number][] = [...refused];
  for (const line of lines) {
    const built = buildEvent(hit, line, context);
    if ("event" in built) events.push(built);
    else if (rejects.length < maxRejects) rejects.push(built);
    else if (rejects.length === maxRejects)
      rejects.push({ reason: "there were more like these", sample: "" });
  }
  return { events, rejects };
};

/** 204 where anything was taken; else 400, without the reason: the sender is anybody. */
const answerTag: NonNullable<Endpoint["answer"]> = ({ events, rejects }) =>
  events.length === 0 && rejects.length > 0 ? badRequest : accepted;

const accepted: HitAnswer = { status: 204, headers: ["cache-control", "no-store"], body: "" };
const badRequest: HitAnswer = {
  status: 400,
  headers: ["cache-control", "no-store", "content-type", "text/plain; charset=utf-8"],
  body: "Bad Request",
};
