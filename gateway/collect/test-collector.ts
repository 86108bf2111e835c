/** What the tests of this folder share: a collector with little around it, and a store that keeps what it is given. */

import type { Keyed } from "../model/event.ts";
import type { EventStore, RejectedHit } from "../model/event-store.ts";
import type { Protocol } from "../model/protocol.ts";
import type { Site } from "../model/site.ts";
import { testSite } from "../model/test-site.ts";
import { createCollector } from "./collector.ts";
import type { CollectAnswer, CollectRequest } from "./request.ts";

export const writeKey = "a-write-key-of-the-site";
export const site: Site = {
  ...testSite,
  hosts: ["shop.example"],
  protocols: ["native"],
  writeKeys: ["another-key-of-the-site", writeKey],
};

/** What the tests make the native decoder with. */
export const nativeOptions = {
  contactKey: Buffer.alloc(32),
  batchEvents: 100,
  collectPath: "/tr/v1/",
  legacyPaths: ["/str/v1/", "/img/v1/", "/tlv/v1/", "/ppi/v1/"],
};

/** 2026-03-01T12:00:00.000Z */
export const receivedAt = 1_772_366_400_000;

export interface TestStore extends Pick<EventStore, "append" | "reject"> {
  readonly kept: Keyed[];
  readonly rejects: RejectedHit[];
}

export const createStore = (): TestStore => {
  const kept: Keyed[] = [];
  const rejects: RejectedHit[] = [];
  return {
    kept,
    rejects,
    async append(events) {
      kept.push(...events);
    },
    reject(hit) {
      rejects.push(hit);
    },
  };
};

export const collectorOver = (
  protocol: Protocol,
  store: Pick<EventStore, "append" | "reject">,
  maxBodyBytes = 10_000,
) =>
  createCollector({
    protocols: [protocol],
    store,
    enrich: () => {},
    resolve: ({ headers }) => ({
      id: /vid=([\w-]+)/.exec(headers["cookie"] ?? "")?.[1] ?? null,
      isNew: false,
      mustIssue: false,
      sessionId: null,
      privacy: { tracking: "full", consent: null, reason: null },
    }),
    issue: (_request, visitorId) => `vid=${visitorId}`,
    variantsOf: () => null,
    maxBodyBytes,
  });

export const requestOf = (parts: Partial<CollectRequest>): CollectRequest => ({
  site,
  receivedAt,
  method: "POST",
  path: "/tr/v1/",
  query: "",
  host: "shop.example",
  secure: false,
  address: "203.0.113.7",
  headers: {},
  body: "",
  debugs: false,
  ...parts,
});

export const headerOf = ({ headers }: CollectAnswer, name: string): string | undefined => {
  for (let i = 0; i < headers.length; i += 2) if (headers[i] === name) return headers[i + 1];
  return undefined;
};
