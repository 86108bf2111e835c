import { setTimeout as wait } from "node:timers/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Config } from "../config/schema.ts";
import { systemClock } from "../lib/clock.ts";
import { countOf } from "../lib/count-of.ts";
import { CommandError, type Context, type Io, say, warn } from "./context.ts";
import { createDemoClient, NoAnswer, type Send } from "./demo-client.ts";
import { type DemoWorld, type Visit, visit } from "./demo-visitor.ts";
import { type SettingsOptions, settingsFor, withSettingsOptions } from "./settings-options.ts";
import { untilStopped } from "./until-stopped.ts";
import { withWriting } from "./writing.ts";

interface Flags extends SettingsOptions {
  readonly visitors?: number;
  readonly url?: string;
  readonly rate?: number;
  readonly remove?: true;
}

const atOnce = 8;

/** `turnpike demo`: visitors that are made up, sent through the gateway as real requests. */
export const addDemo = (program: Command, { io, run }: Context): void => {
  withSettingsOptions(
    program
      .command("demo")
      .description("send made-up visitors through the running gateway, or remove what they left")
      .option("-n, --visitors <count>", "how many (default: 500)", readNumber)
      .option("--url <url>", "where the gateway serves the site (default: from the settings)", readUrl)
      .option("--rate <count>", "at most so many visitors a second (default: as fast as they go)", readNumber)
      .addOption(
        new Option("--remove", "remove all made-up visitors and what they did").conflicts([
          "visitors",
          "url",
          "rate",
        ]),
      ),
  ).action(
    run(async (flags: Flags) => {
      const config = settingsFor(flags);
      if (flags.remove) return remove(config, io);
      return sendVisitors(flags, config, io);
    }),
  );
};

const readNumber = (text: string): number => {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= 1_000_000) return count;
  throw new InvalidArgumentError("expected a whole number from 1 to 1000000.");
};

const readUrl = (text: string): string => {
  const url = URL.parse(text);
  if (url?.protocol === "http:" && url.pathname === "/" && url.search === "") return url.origin;
  throw new InvalidArgumentError("expected http://HOST:PORT.");
};

const remove = async (config: Config, io: Io): Promise<number> => {
  const removed = await withWriting(config, io, (writing) => writing.removeDemo());
  say(io, `${countOf(removed, "made-up visitor")} removed, with all they did`);
  return 0;
};

const sendVisitors = async (flags: Flags, config: Config, io: Io): Promise<number> => {
  const origin = flags.url ?? siteUrl(config);
  const client = createDemoClient(new URL(origin), atOnce);
  const { collectPath } = config.tracking;
  try {
    const isShop = await isDemoShop(client.send, origin);
    if (!isShop)
      warn(io, "This site is not the demo shop: the visitors look at its home page, and buy nothing.");
    const world = { send: client.send, origin, collectPath, isShop, now: systemClock, random: Math.random };
    const started = performance.now();
    const visits: Visit[] = [];
    await untilStopped(io, (signal) => visitAll(flags, world, io, signal, visits));
    return summarise(visits, performance.now() - started, io);
  } catch (cause) {
    throw cause instanceof NoAnswer ? unreachable(origin, cause) : cause;
  } finally {
    client.close();
  }
};

const siteUrl = ({ listen }: Config): string => {
  const colon = listen.http.lastIndexOf(":");
  const host = listen.http.slice(0, colon);
  const everywhere = host === "" || host === "0.0.0.0" || host === "[::]";
  return `http://${everywhere ? "localhost" : host}:${listen.http.slice(colon + 1)}`;
};

// Its back end answers an address of its own. Orders must never go to a shop that would deliver.
const isDemoShop = async (send: Send, origin: string): Promise<boolean> => {
  const headers = { "user-agent": "TurnpikeDemo/1", referer: origin };
  const answer = await send({ method: "GET", path: "/api/demo", headers });
  return answer.status === 200 && /^\{"admin":/.test(answer.body);
};

/** A few at once, each as soon as another has left, and no sooner than the rate allows. */
const visitAll = async (
  { visitors = 500, rate }: Flags,
  world: DemoWorld,
  io: Io,
  signal: AbortSignal,
  visits: Visit[],
): Promise<void> => {
  const started = performance.now();
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    while (next < visitors && !signal.aborted && !failed) {
      const startAt = rate === undefined ? 0 : started + (next * 1000) / rate;
      next++;
      await pauseUntil(startAt, signal);
      if (signal.aborted) return;
      visits.push(await visit(world));
      showProgress(io, visits.length, visitors);
    }
  };
  const guarded = () =>
    worker().catch((error: unknown) => {
      failed = true; // the other workers stop after their visitor
      throw error;
    });
  try {
    await Promise.all(Array.from({ length: Math.min(atOnce, visitors) }, guarded));
  } finally {
    if (io.isTerminal) io.stderr.write("\r\u001b[K");
  }
};

const pauseUntil = async (at: number, signal: AbortSignal): Promise<void> => {
  const ms = at - performance.now();
  if (ms > 0) await wait(ms, undefined, { signal }).catch(() => {}); // stopped: the caller looks at the signal
};

const showProgress = (io: Io, done: number, of: number): void => {
  if (io.isTerminal && (done % 10 === 0 || done === of))
    io.stderr.write(`\r${done} of ${countOf(of, "visitor")}\u001b[K`);
};

const summarise = (visits: readonly Visit[], tookMs: number, io: Io): number => {
  const sum = (of: (visit: Visit) => number) => visits.reduce((total, one) => total + of(one), 0);
  const events = sum((one) => one.events);
  const seconds = tookMs / 1000;
  const parts = [
    countOf(
      sum((one) => one.pages),
      "page",
    ),
    countOf(
      sum((one) => one.purchases),
      "purchase",
    ),
  ];
  say(
    io,
    `${countOf(visits.length, "visitor")}: ${parts.join(", ")}; ${countOf(events, "event")} acknowledged in ${seconds.toFixed(1)} s (${Math.round(events / seconds)} a second)`,
  );
  const refused = visits.flatMap((one) => one.refused);
  if (refused.length > 0) warn(io, `${countOf(refused.length, "request")} refused: ${tally(refused)}`);
  say(io, "They are marked as made up; `turnpike demo --remove` removes them.");
  return events > 0 || visits.length === 0 ? 0 : 1;
};

const tally = (statuses: readonly number[]): string =>
  [...new Set(statuses)]
    .sort((a, b) => a - b)
    .map((status) => `${statuses.filter((one) => one === status).length} with ${status}`)
    .join(", ");

const unreachable = (origin: string, cause: NoAnswer): CommandError =>
  new CommandError(
    `demo: nothing answers at ${origin} (${cause.message}): start the gateway, or say where it is with --url`,
    "failed",
    { cause },
  );
