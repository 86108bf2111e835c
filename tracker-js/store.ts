import type { Store } from "./core-api.ts";
import { safe } from "./lib/safe.ts";
import { uuid7 } from "./lib/uuid7.ts";
import { mayStore } from "./privacy.ts";

/** One a line in localStorage, shared by the site's tabs. */
export const browserStore: Store = safe((texts, kept = []) => {
  if (!mayStore()) return;
  const found: readonly string[] = localStorage["tp_q"]?.match(/.+/g) ?? [];
  // An id begins with its time. Six days: the gateway takes a day more.
  const oldest = uuid7(Date.now() - 518_400_000);
  const fresh = found.filter((text) => text.slice(8) > oldest);
  localStorage["tp_q"] = fresh
    .filter((text) => !texts.includes(text))
    .concat(kept)
    .join("\n");
  return [fresh, found.length - fresh.length];
});
