/** Starts what track.full.js observes, before the first view. */
import { safe } from "../lib/safe.ts";
import { script, tag } from "../tag.ts";
import { observeClicks } from "./clicks.ts";
import { observeEngagement } from "./engagement.ts";
import { observeErrors, observeNotFound } from "./errors.ts";
import { viewFirst } from "./first-view.ts";
import { observeForms } from "./forms.ts";

viewFirst();
for (const observe of [observeEngagement, observeClicks, observeForms]) safe(observe)();
if ("errors" in tag) observeErrors();
if ("notFound" in tag) safe(observeNotFound)();
if ("vitals" in tag) {
  addEventListener("load", () => {
    const vitals = document.createElement("script");
    vitals.src = script.src.replace(/full(\.\w+)?\.js/, "vitals.js");
    vitals.nonce = script.nonce; // a strict policy trusts it as it trusts us
    document.head.append(vitals);
  });
}
