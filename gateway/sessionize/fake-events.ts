import fc from "fast-check";
import type { SessionEvent } from "../model/session.ts";
import type { SessionRules } from "../model/site.ts";

/** Events and rules for tests: made by hand, or any that are tight enough for every rule to bite. */
export const makeEvent = (id: string, at: number, fields: Partial<SessionEvent> = {}): SessionEvent => ({
  id,
  at,
  sequence: 0,
  name: "click",
  userId: null,
  campaign: null,
  source: null,
  medium: null,
  referrer: null,
  page: null,
  ...fields,
});

export const makeRules = (rules: Partial<SessionRules>): SessionRules => ({
  idleMinutes: 30,
  maxHours: 12,
  maxEvents: 1000,
  splitOnCampaign: true,
  splitOnUser: true,
  ...rules,
});

const minute = 60_000;

const anyText = (...texts: string[]) => fc.option(fc.constantFrom(...texts), { nil: null, freq: 2 });

// Times are few and near each other, so that ties, exact gaps and sessions cut in one millisecond happen.
const anyEvent: fc.Arbitrary<SessionEvent> = fc.record({
  id: fc.integer({ min: 0, max: 999 }).map((n) => `e${String(n).padStart(3, "0")}`),
  at: fc.oneof(
    fc.integer({ min: 0, max: 5 }),
    fc.integer({ min: 0, max: 90 }).map((n) => n * minute),
  ),
  sequence: fc.integer({ min: 0, max: 2 }),
  name: fc.constantFrom("page_view", "click"),
  userId: anyText("ann", "bob"),
  campaign: anyText("spring", "autumn"),
  source: anyText("news"),
  medium: anyText("mail"),
  referrer: anyText("https://ref.example/"),
  page: anyText("/", "/pricing"),
});

export const anyEvents = fc.uniqueArray(anyEvent, { selector: (e) => e.id, maxLength: 40, size: "max" });

export const anyRules: fc.Arbitrary<SessionRules> = fc.record({
  idleMinutes: fc.constantFrom(0.01, 1, 5, 30),
  maxHours: fc.constantFrom(0.25, 1, 12),
  maxEvents: fc.constantFrom(2, 3, 5, 1000),
  splitOnCampaign: fc.boolean(),
  splitOnUser: fc.boolean(),
});
