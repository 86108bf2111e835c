import { type Assigner, createAssigner, type ShownTo } from "./experiment/assign.ts";
import { createCache } from "./lib/cache.ts";
import type { Experiment } from "./model/experiment.ts";
import type { Site } from "./model/site.ts";
import { createShownVariants, type ReadNow } from "./shown-variants.ts";

/** The variants of a site's visitors. */
export interface SiteAssigner {
  readonly byPath: Assigner;
  /** all running experiments, whatever their paths */
  all(visitorId: string): Readonly<Record<string, string>> | null;
}

/** A site that is not in the list has no experiments. */
export const assignersOf = (sites: readonly Site[], read?: ReadNow): { at(site: Site): SiteAssigner } => {
  const bySite = new Map(
    sites.map(({ id, experiments }) => {
      const shownTo = createShownVariants(id, experiments, read);
      return [id, createSiteAssigner(experiments, shownTo)];
    }),
  );
  const none = createSiteAssigner([]);
  return { at: (site) => bySite.get(site.id) ?? none };
};

const createSiteAssigner = (experiments: readonly Experiment[], shownTo?: ShownTo): SiteAssigner => {
  const everywhere = createAssigner(
    experiments.map((experiment) => ({ ...experiment, paths: [] })),
    shownTo,
  );
  const known = createCache<string, Readonly<Record<string, string>>>(20_000);
  return {
    byPath: createAssigner(experiments, shownTo),
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
