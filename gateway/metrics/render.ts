import type { Metric } from "prom-client";
import type { Family } from "./families.ts";

export interface Rendered {
  readonly contentType: string;
  readonly text: string;
}

/** The families in Prometheus' text format, escaped by its own client, which is loaded when it is first asked for. */
export const renderMetrics = async (families: readonly Family[]): Promise<Rendered> => {
  const { Registry } = await import("prom-client");
  const registry = new Registry();
  // A registry prints whatever has a name and gives its samples; its own classes count, which is done here already.
  for (const family of families) {
    registry.registerMetric({ name: family.name, get: async () => family } as unknown as Metric);
  }
  return { contentType: registry.contentType, text: await registry.metrics() };
};
