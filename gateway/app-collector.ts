/** Joins what turns hits into events: protocols, visitors, the store, and the recorder where the settings want one. */
import { type Collector, createCollector } from "./collect/collector.ts";
import { createEndpointFinder } from "./collect/find-endpoint.ts";
import type { CollectRequest } from "./collect/request.ts";
import type { Config } from "./config/schema.ts";
import { createNative } from "./decode/native/native.ts";
import type { Asker, Visitors } from "./document/visitor.ts";
import { createGa4Collector, type Ga4CollectorOptions } from "./ga4-collector.ts";
import { createHitRecorder, recording } from "./hit-recorder.ts";
import type { TokenReader } from "./identity/login-token.ts";
import { systemClock } from "./lib/clock.ts";
import type { Site } from "./model/site.ts";
import { createRedact } from "./recorded-secrets.ts";

export interface AppCollectorParts
  extends Required<Pick<Ga4CollectorOptions, "store" | "enrich" | "markClaims" | "variantsOf">> {
  readonly sites: readonly Site[];
  readonly secret: Buffer;
  readonly visitors: Visitors;
  readonly logins: ReadonlyMap<string, TokenReader>;
  readonly warn: (sentence: string) => void;
  /** the number of this process, where others take hits at the same time */
  readonly takenBy?: number | undefined;
}

export interface AppCollector {
  readonly collector: Collector;
  close(): void;
}

export const createAppCollector = (config: Config, parts: AppCollectorParts): AppCollector => {
  const { sites, visitors, store, enrich, markClaims, variantsOf } = parts;
  const { collectPath, legacyPaths } = config.tracking;
  const { batchEvents, bodyBytes: maxBodyBytes } = config.limits;
  const native = createNative({ contactKey: parts.secret, batchEvents, collectPath, legacyPaths });
  const shared = { store, enrich, markClaims, variantsOf, maxBodyBytes };
  const plain = createCollector({
    ...shared,
    protocols: [native],
    resolve: (request) => visitors.resolve(askerOf(request), false),
    issue: (request, visitorId) => visitors.issue(askerOf(request), visitorId),
  });
  const visitorOf = (request: CollectRequest) => visitors.resolve(askerOf(request), false);
  const collector = createGa4Collector({ ...shared, sites, batchEvents, visitorOf }, plain);
  const { takenBy } = parts;
  if (!config.recordHits) return { collector: marking(collector, takenBy), close() {} };
  const findNative = createEndpointFinder([native]);
  const baseOf = (path: string) => findNative(path)?.endpoint.path ?? null;
  const recorder = createHitRecorder({
    ...config.recordHits,
    clock: systemClock,
    redact: createRedact(sites, { tokens: parts.logins, baseOf, maxBodyBytes }),
    onTrouble: parts.warn,
  });
  return { collector: marking(recording(collector, recorder), takenBy), close: () => recorder.close() };
};

/** The collector, each of whose requests says which process took it. */
const marking = (collector: Collector, takenBy: number | undefined): Collector =>
  takenBy === undefined
    ? collector
    : { ...collector, take: (request) => collector.take({ ...request, takenBy }) };

/** Who sends a hit, as the visitors are asked. */
export const askerOf = (request: CollectRequest): Asker => ({
  site: request.site,
  host: request.host,
  secure: request.secure,
  receivedAt: request.receivedAt,
  address: request.address,
  query: request.query,
  req: request,
});
