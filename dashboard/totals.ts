/** The numbers on top and the last minute. */
import type { Overview } from "../gateway/model/admin.ts";
import { byId, setText } from "./dom.ts";
import { createSparkline } from "./sparkline.ts";
import { count } from "./words.ts";

const seconds = 60;

export const createTotals = () => {
  const drawSparkline = createSparkline(byId("spark"), seconds);
  return ({ totals, perSecond }: Overview): void => {
    setText(byId("events-total"), count(totals.events));
    setText(byId("visitors-total"), count(totals.visitors));
    setText(byId("sessions-total"), count(totals.sessions));
    setText(byId("bots-total"), count(totals.bots));
    setText(byId("rejects-total"), count(totals.rejects));
    setText(byId("visitors-note"), totals.demoVisitors > 0 ? `${count(totals.demoVisitors)} made up` : "");
    byId("last-minute").hidden = perSecond === null;
    if (perSecond === null) return;
    drawSparkline(perSecond);
    const lately = perSecond.reduce((sum, n) => sum + n, 0);
    // More than the number above them counts: pages as they were served, and bots.
    setText(byId("spark-note"), `${count(lately)} stored, bots and served pages too`);
  };
};
