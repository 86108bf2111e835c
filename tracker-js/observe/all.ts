/** Starts what track.full.js observes, before the first view. */

// biome-ignore assist/source/organizeImports: in this order the script packs best
import "./clicks.ts";
import "./forms.ts";
import "./engagement.ts";
import "./errors.ts";
import { observeEngagement } from "./engagement.ts";
import { script, tag } from "../tag.ts";
import { viewFirst } from "./first-view.ts";
import { observeClicks } from "./clicks.ts";
import { observeErrors, observeNotFound } from "./errors.ts";
import { observeForms } from "./forms.ts";
import { safe } from "../lib/safe.ts";

safe(viewFirst)();
if ("errors" in tag) observeErrors();
// In a task of its own, so that the script's first is short: who leaves before it has done nothing yet. Forms come last,
// because they end it where there is no Navigation API.
setTimeout(
  safe(() => {
    if ("notFound" in tag) observeNotFound();
    observeEngagement();
    observeClicks();
    observeForms();
  }),
);
if ("vitals" in tag) {
  // A page that asks for Trusted Types takes no address of a script from us: it goes without.
  addEventListener(
    "load",
    safe(() => {
      const vitals = document.createElement("script");
      vitals.src = script.src.replace(/full(\.\w+)?\.js/, "vitals.js");
      vitals.nonce = script.nonce; // a strict policy trusts it as it trusts us
      document.head.append(vitals);
    }),
  );
}
