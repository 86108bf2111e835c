/** Begins to observe, after all that the script is made of has been joined. */
import { mayStore } from "./privacy.ts";
import { moved, release, view } from "./start.ts";
import { early } from "./tag.ts";

type Call = (...args: unknown[]) => void;
declare const tr: Call & Readonly<Record<string, Call>>; // the page's own: start.ts has set it, or legacy.ts

view();
addEventListener("pageshow", ({ persisted }) => persisted && view({}));
addEventListener("popstate", moved);
// The second does not bubble. A closed app on a phone fires the first alone, a hidden page that is closed the third.
["visibilitychange", "prerenderingchange", "pagehide"].map((type) =>
  addEventListener(
    type,
    () => {
      view();
      release()[2]();
    },
    true,
  ),
);
// What a page is asked for the first time takes a millisecond each, so each is a task of its own: what it allows, and its
// cookies; its storage; and the events. The sender adds one for each delivery.
setTimeout(mayStore);
setTimeout(() => {
  release();
  early?.q?.map((call) => (call.m ? (tr[call.m] as Call) : tr)(...call));
});
