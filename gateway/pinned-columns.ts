import type { Config } from "./config/schema.ts";

/** Properties that always become columns, by site. */
export const pinnedOf = ({ sites }: Pick<Config, "sites">): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(sites.map(({ id, propertyColumns }) => [id, propertyColumns]));
