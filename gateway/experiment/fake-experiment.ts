import type { Event } from "../model/event.ts";
import type { Experiment } from "../model/experiment.ts";

/** An experiment and events for tests, with what matters given. */
export const makeExperiment = (fields: Partial<Experiment>): Experiment => ({
  key: "pricing",
  hypothesis: "",
  status: "running",
  site: "main",
  variants: [
    { key: "control", weight: 1, params: {} },
    { key: "b", weight: 1, params: {} },
  ],
  coverage: 1,
  paths: [],
  goals: [{ key: "purchase", event: "purchase", value: "value", windowHours: 72 }],
  ...fields,
});

export const makeExposure = (id: string, at: number, variant: string, fields: Partial<Event> = {}): Event =>
  makeHappening(id, at, {
    type: "exposure",
    name: "experiment_viewed",
    experiment_id: "pricing",
    variation_id: variant,
    ...fields,
  });

export const makeHappening = (id: string, at: number, fields: Partial<Event> = {}): Event => ({
  id,
  property_id: "main",
  tracking_protocol: "native",
  type: "track",
  name: "purchase",
  timestamp_utc: at,
  received_at: at,
  ...fields,
});
