/** The live page: asks the admin API each second and shows what it says. */
import type { Overview } from "../gateway/model/admin.ts";
import { askOverview, signIn, signOut } from "./api.ts";
import { byId, setLink, setText } from "./dom.ts";
import { createEventList } from "./events.ts";
import { createExperiments } from "./experiments.ts";
import { drawMissed } from "./missed.ts";
import { drawPageLoads } from "./page-loads.ts";
import { createPoller, type Outcome } from "./poll.ts";
import { createSetup } from "./setup.ts";
import { createSignIn, takeCode } from "./sign-in.ts";
import { createTotals } from "./totals.ts";

const signInView = byId("sign-in");
const liveView = byId("live");
const health = byId("health");

const drawTotals = createTotals();
const drawExperiments = createExperiments(byId("experiments"));
const drawSetup = createSetup();
const events = createEventList(byId("newest"), byId("newest-empty"));

let after = 0;
let stored = 0;
let refusal = ""; // why the link in the address did not sign us in

const draw = (overview: Overview): void => {
  drawTotals(overview);
  drawExperiments(overview.experiments);
  drawSetup(overview);
  drawPageLoads(overview.pageLoads);
  drawMissed(overview.missed);
  drawEvents(overview);
  setLink(byId("site"), overview.siteUrl);
  byId("reach").hidden = overview.sites === null;
  setText(byId("reach"), reachOf(overview.sites ?? []));
  setLink(byId("empty-site"), overview.siteUrl);
  const well = overview.demo ? "all well, serving the demo shop" : "all well";
  showHealth(overview.trouble === null ? "well" : "trouble", overview.trouble ?? well);
};

const reachOf = ([first = "", ...others]: readonly string[]): string => {
  if (others.length === 0) return `site ${first}`;
  return others.length > 3 ? `${others.length + 1} sites` : `sites ${[first, ...others].join(", ")}`;
};

const drawEvents = ({ totals, newest }: Overview): void => {
  const before = stored;
  stored = totals.events + totals.bots;
  if (stored < before) {
    // Events were removed, or the data folder exchanged and its sequence began again: ask for all anew.
    events.clear();
    after = 0;
    return;
  }
  events.add(newest.filter((event) => event.seq > after));
  after = Math.max(after, ...newest.map((event) => event.seq));
};

const showHealth = (state: "well" | "trouble" | "lost", sentence: string): void => {
  health.dataset["state"] = state;
  setText(health, sentence);
};

const showSignIn = (sentence: string): void => {
  liveView.hidden = true;
  signInView.hidden = false;
  signInForm.show(sentence);
};

const showLive = (): void => {
  const wasInForm = signInView.contains(document.activeElement);
  signInView.hidden = true;
  liveView.hidden = false;
  if (wasInForm) byId("brand").focus(); // what is hidden loses it, and a reader would begin nowhere
};

const ask = async (): Promise<Outcome> => {
  const answer = await askOverview(after);
  switch (answer.kind) {
    case "signed-out":
      showSignIn(refusal || (liveView.hidden ? "" : "Your sign-in has ended: sign in once more."));
      refusal = "";
      return "stop";
    case "lost":
      showLive();
      showHealth("lost", "connection lost, trying again");
      return "failed";
    case "overview":
      showLive();
      draw(answer.overview);
      return "ok";
  }
};

const poller = createPoller(ask);
const signInForm = createSignIn(() => poller.start());

// A link that was used before is no reason to turn someone away who is signed in already.
const enter = async (): Promise<void> => {
  const code = takeCode();
  refusal = (code === null ? null : await signIn({ code })) ?? "";
  poller.start();
};

byId("sign-out").addEventListener("click", () => {
  void signOut().then((done) => {
    if (done) location.reload();
    else showHealth("lost", "connection lost: you are still signed in");
  });
});
// A link pasted into a tab that shows this page already changes the fragment alone.
window.addEventListener("hashchange", () => void enter());
void enter();
