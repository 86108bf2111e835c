import type { Site } from "./site.ts";

/** A site for tests, with every setting at its default. */
export const testSite: Site = {
  id: "main",
  hosts: ["*"],
  protocols: [],
  writeKeys: [],
  timezone: "UTC",
  consent: "assumed",
  sessions: {
    idleMinutes: 30,
    maxHours: 12,
    maxEvents: 1000,
    splitOnCampaign: true,
    splitOnUser: true,
    joinByUser: true,
    joinByStamp: false,
  },
  ipMasking: 1,
  excludedUrlParams: [],
  identity: { allowWithoutOrigin: false },
  measurementIds: [],
  ignoredReferrers: [],
  currencyRates: {},
  filters: { conditions: [] },
  channels: [],
  legacyPepper: "",
  cookies: { visitor: "vid", session: "sid", referrer: "ref", params: "params", experiments: "xid" },
  cookieDomain: null,
  experiments: [],
};
