import { safe } from "./safe.ts";

/**
 * Listens at the window, before the page's own listeners, to types with spaces between; those that do not bubble come by,
 * too.
 */
export const on = <E extends Event>(types: string, run: (event: E) => unknown): void => {
  types.split(" ").map((type) => addEventListener(type, safe(run as (event: Event) => unknown), true));
};
