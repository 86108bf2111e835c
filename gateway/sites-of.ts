import type { Config } from "./config/schema.ts";
import type { Site } from "./model/site.ts";

/** The sites of the settings, each with its experiments. */
export const sitesOf = (config: Config): readonly Site[] =>
  config.sites.map((site) => ({
    ...site,
    experiments: config.experiments.filter((experiment) => experiment.site === site.id),
  }));
