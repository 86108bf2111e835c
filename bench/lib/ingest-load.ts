/** The load of the measurements of collection: a site with one experiment, and events of 20,000 visitors. */
import { randomInt } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { Gateway } from "../../test/gateway.ts";
import { type Counted, countStored } from "./count-stored.ts";
import { connections, threads } from "./options.ts";
import { whole } from "./table.ts";
import { type Measured, runWrk } from "./wrk.ts";

export const ingestConfig = {
  sites: [{ id: "main", hosts: ["shop.example", "collect.example"] }],
  routes: [],
  experiments: [
    {
      key: "pricing-headline",
      variants: [{ key: "control" }, { key: "b" }],
      goals: [{ key: "purchase", event: "purchase", value: "value" }],
    },
  ],
};

/** Sends events for so many seconds; `pauseMs` is waited before each request, on average. */
export const sendEvents = (gateway: Gateway, seconds: number, pauseMs = 0, batch = 1): Promise<Measured> =>
  runWrk({
    url: `${gateway.url}/tr/v1/`,
    seconds,
    connections: batch === 1 ? connections : batchConnections,
    threads,
    script: "ingest.lua",
    args: [String(randomInt(1, 2 ** 31)), String(pauseMs), String(batch)],
  });

/** As many as keep both cores busy; with more of them, large batches only stand in line. */
const batchConnections = 8;

/** A pause that makes each connection send its share, if an answer takes a millisecond. */
export const pauseFor = (perSecond: number): number =>
  Math.max(1, Math.round((connections / perSecond) * 1000 - 1));

/**
 * Waits for the projections, compares what was acknowledged with what is in the data folder, prints both; rejects where
 * they differ.
 */
export const checkStored = async (runs: readonly Measured[], data: string, batch = 1): Promise<void> => {
  const stored = await settled(data);
  const sum = (pick: (run: Measured) => number) => runs.reduce((total, run) => total + pick(run), 0);
  const acknowledged = sum((run) => run.requests) * batch;
  const sent = sum((run) => run.sent);
  const distinct = sent - sum((run) => run.resent);
  // wrk hangs up at the end: these requests were sent and may or may not have been stored.
  const unanswered = sent - acknowledged;
  process.stdout.write(
    `acknowledged  ${whole(acknowledged)} events, ${whole(sent - distinct)} of ${whole(sent)} sent were repetitions, ${unanswered} unanswered at the end\n` +
      `stored        ${whole(stored.events)} events of ${whole(distinct)} distinct ones sent, ${whole(stored.sessions)} sessions of ${whole(stored.visitors)} visitors\n` +
      `journal       ${whole(stored.bodyBytes / stored.events)} bytes an event; the whole database ${whole(stored.fileBytes / stored.events)} bytes an event\n`,
  );
  if (stored.events !== stored.ids)
    throw new Error(`bench: ${stored.events} rows have only ${stored.ids} ids`);
  if (stored.events > distinct) throw new Error("bench: more events are stored than were sent");
  if (distinct - stored.events > unanswered) throw new Error("bench: acknowledged events are missing");
  if (stored.inSessions !== stored.events)
    throw new Error(`bench: sessions hold ${stored.inSessions} events`);
};

/** What is stored, once nothing changes any more: what was on its way when wrk hung up is stored, too. */
const settled = async (data: string): Promise<Counted> => {
  let before = countStored(data);
  for (let i = 0; i < 60; i++) {
    await setTimeout(1000);
    const now = countStored(data);
    if (now.events === before.events && now.inSessions === now.events) return now;
    before = now;
  }
  return before;
};
