/** Begins to observe, after all that the script is made of has been joined. */
import type { Tr } from "./api.ts";
import { leave, moved, view } from "./start.ts";
import { early } from "./tag.ts";

view();
for (const call of early?.q ?? []) (window.tr as Tr)(...call); // start.ts has set it, or legacy.ts
// The second does not bubble.
for (const type of ["popstate", "prerenderingchange"]) addEventListener(type, moved, true);
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) view({});
});
// A closed app on a phone fires the second alone, a hidden page that is closed the first.
for (const type of ["pagehide", "visibilitychange"]) {
  addEventListener(type, () => {
    view();
    leave();
  });
}
