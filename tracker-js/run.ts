/** Begins to observe, after all that the script is made of has been joined. */

// biome-ignore assist/source/organizeImports: in this order the script packs best
import "./lib/uuid7.ts";
import { early } from "./tag.ts";
import { moved, release, view } from "./start.ts";
import { browserStore } from "./store.ts";

type Call = (...args: unknown[]) => void;
declare const tr: Call & Readonly<Record<string, Call>>; // the page's own: start.ts has set it, or legacy.ts

view();
addEventListener("pageshow", (event) => event.persisted && view({ last: "" }));
addEventListener("popstate", moved);
// The second does not bubble. A closed app on a phone fires the first alone, a hidden page that is closed the third.
["visibilitychange", "prerenderingchange", "pagehide"].map((type) =>
  addEventListener(
    type,
    () => {
      view();
      release()[2]();
    },
    1 as unknown as boolean,
  ),
);
// What a page is asked for the first time takes a millisecond each, so each is a task of its own: its cookies and its
// storage; and the events. The sender adds one for each delivery.
setTimeout(() => early?.q?.map((call) => (tr[call.m as string] || tr)(...call)));
setTimeout(browserStore);
// After the first frame: an answer to how large the page is would otherwise wait for its whole layout.
setTimeout(release, 50);
// Routers that know nothing of History. Last, because where there is no Navigation API it ends the script.
navigation.addEventListener("currententrychange", moved);
