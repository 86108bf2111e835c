import { type Assigner, createAssigner } from "./experiment/assign.ts";
import { createCache } from "./lib/cache.ts";
import type { Experiment } from "./model/experiment.ts";
import type { Site } from "./model/site.ts";

/** The variants of a site's visitors. */
export interface SiteAssigner {
  readonly byPath: Assigner;
  /** all running experiments, whatever their paths */
  all(visitorId: string): Readonly<Record<string, string>> | null;
}

/** A site that is not in the list has no experiments. */
export const assignersOf = (sites: readonly Site[]): { at(site: Site): SiteAssigner } => {
  const bySite = new Map(sites.map((site) => [site.id, createSiteAssigner(site.experiments)]));
  const none = createSiteAssigner([]);
  return { at: (site) => bySite.get(site.id) ?? none };
};

const createSiteAssigner = (experiments: readonly Experiment[]): SiteAssigner => {
  const everywhere = createAssigner(experiments.map((experiment) => ({ ...experiment, paths: [] })));
  const known = createCache<string, Readonly<Record<string, string>>>(20_000);
  return {
    byPath: createAssigner(experiments),
    all(visitorId) {
      if (experiments.length === 0) return null;
      let variantsInForce = known.get(visitorId);
      if (!variantsInForce) {
        variantsInForce = Object.fromEntries(
          everywhere(visitorId, "/").map((a) => [a.experiment, a.variant]),
        );
        known.set(visitorId, variantsInForce);
      }
      return variantsInForce;
    },
  };
};
