/** All sinks of the settings: their threads, their places among the events, and what is to be known of them. */
import { isDeepStrictEqual } from "node:util";
import { CommandError } from "./commands/context.ts";
import type { Config } from "./config/schema.ts";
import type { Clock } from "./lib/clock.ts";
import type { Log } from "./lib/log.ts";
import { defaultBackoff, delayAfter } from "./sink/backoff.ts";
import { createPlaceKeeper } from "./sink/place-keeper.ts";
import { type Place, type Runner, startRunner } from "./sink/runner.ts";
import type { SinkSettings } from "./sink/settings.ts";
import { lagOf, type SinkLag } from "./sink-lag.ts";
import { isOfPlugin, refuseUnusable } from "./sink-plugins.ts";
import { startThread } from "./sink-worker.ts";
import type { Reader } from "./store/reader.ts";
import type { SinkPlace } from "./store/sink-table.ts";
import type { WriterCall } from "./store/writer-thread.ts";

export interface SinkStatus extends SinkLag {
  readonly id: string;
  readonly type: string;
  /** the last write has failed, and no other has succeeded since */
  readonly failing: boolean;
  readonly lastError: string | null;
  /** ms since 1970 */
  readonly lastErrorAt: number | null;
  /** writes that failed, ever */
  readonly failures: number;
  /** events handed out since this process started */
  readonly handedOut: number;
  /** events that were pruned or erased before it could take them, ever */
  readonly missed: number;
}

export interface Sinks {
  status(): readonly SinkStatus[];
  /** Settings have changed: sinks that did are started anew, from where they were. */
  apply(config: SinkConfig): void;
  /** Gives each a moment to end what it writes. What was not handed out is at the next start. */
  close(): Promise<void>;
}

type SinkConfig = Pick<Config, "sinks" | "plugins" | "listen">;

export interface SinksOptions {
  readonly config: SinkConfig & Pick<Config, "data">;
  /** where plugins are looked for: the settings file's folder */
  readonly folder: string;
  readonly store: { call(what: WriterCall): Promise<unknown>; readonly reader: Reader };
  readonly log: Log;
  readonly clock: Clock;
}

interface Running {
  readonly settings: SinkSettings;
  readonly plugins: readonly string[];
  readonly runner: Runner;
}

const keepEveryMs = 250;
const graceMs = 1000;
/** A write that its signal did not end is ended with its thread. */
const hangGraceMs = 2000;

/** Starts the sinks; rejects with one sentence where a plugin cannot be used. */
export const openSinks = async (options: SinksOptions): Promise<Sinks> => {
  const { store, log, clock } = options;
  const { dir } = options.config.data;
  const keep = (places: readonly SinkPlace[]) => store.call({ kind: "keep-sink-places", places });
  const keeper = createPlaceKeeper(keep, keepEveryMs);
  const running = new Map<string, Running>();
  let turn: Promise<unknown> = Promise.resolve();
  let isClosed = false;

  const launch = (settings: SinkSettings, config: SinkConfig, place: Place): Running => {
    const { id } = settings;
    const { plugins } = config;
    const ownPorts = portsOf(config);
    const runner = startRunner({
      id,
      place,
      clock,
      hangMs: settings.timeoutSeconds * 1000 + hangGraceMs,
      start: (at, events) =>
        startThread(
          { kind: "feed", dir, settings, plugins, folder: options.folder, ownPorts, ...at },
          events,
        ),
      delayAfter: (failures) => delayAfter(failures, Math.random(), 0, defaultBackoff),
      onPlace: (next) => keeper.take(id, next),
      onTrouble: (sentence) => log.warn(`sink ${id}: ${sentence}`),
      onRecovered: () => log.info(`sink ${id}: it takes events again`),
    });
    return { settings, plugins, runner };
  };

  const stop = async (id: string): Promise<void> => {
    const { runner } = running.get(id) ?? {};
    running.delete(id);
    await runner?.stop(graceMs);
  };

  /** A new sink has a place before the next event is stored, so that it misses none after this. */
  const follow = async (config: SinkConfig): Promise<void> => {
    const changed = (id: string, now: Running): boolean => {
      const next = config.sinks.find((one) => one.id === id);
      const usesPlugins = next !== undefined && isOfPlugin(next);
      return (
        !isDeepStrictEqual(next, now.settings) ||
        (usesPlugins && !isDeepStrictEqual(config.plugins, now.plugins))
      );
    };
    await Promise.all([...running].filter(([id, now]) => changed(id, now)).map(([id]) => stop(id)));
    await keeper.flush();
    const places = placesOf(store.reader);
    const fresh = config.sinks.filter(({ id }) => !places.has(id));
    const begun = fresh.map((sink) => ({ id: sink.id, ...beginning(sink, store.reader) }));
    if (begun.length > 0) await keep(begun);
    for (const place of begun) places.set(place.id, place);
    for (const sink of config.sinks) {
      const place = places.get(sink.id);
      if (place && !running.has(sink.id)) running.set(sink.id, launch(sink, config, place));
    }
  };

  const close = async (): Promise<void> => {
    isClosed = true;
    await turn;
    await Promise.all([...running.keys()].map(stop));
    await keeper.flush();
  };

  await refuseUnusable(options.config, options.folder);
  await follow(options.config);
  try {
    await refuseUnmade([...running.values()]);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    status: () => [...running.values()].map((one) => statusOf(one, store.reader, clock())),
    apply(config) {
      if (isClosed) return; // the folder is another process's by now
      turn = turn
        .then(() => follow(config))
        .catch((error: Error) =>
          log.error(`sinks: the settings cannot be followed: ${error.message}`, error),
        );
    },
    close,
  };
};

/** At the start, a plugin that cannot make its sink is refused as a setting is. */
const refuseUnmade = async (all: readonly Running[]): Promise<void> => {
  for (const { settings, runner } of all) {
    if (!isOfPlugin(settings)) continue;
    const sentence = await runner.made;
    if (sentence !== null) throw new CommandError(sentence, "used wrongly");
  }
};

const placesOf = (reader: Reader): Map<string, Place> =>
  new Map((reader.report("sinks", {}) as unknown as readonly SinkPlace[]).map((place) => [place.id, place])); // the report's columns

const beginning = ({ from }: SinkSettings, reader: Reader): Place => ({
  seq: from === "start" ? 0 : reader.lastSeq(),
  receivedAt: null,
  failures: 0,
  missed: 0,
  lastError: null,
  lastErrorAt: null,
});

const statusOf = ({ settings, runner }: Running, reader: Reader, now: number): SinkStatus => {
  const { failures, missed, lastError, lastErrorAt, ...place } = runner.place();
  return {
    id: settings.id,
    type: settings.type,
    ...lagOf(reader, place, now),
    failing: runner.isFailing(),
    lastError,
    lastErrorAt,
    failures,
    handedOut: runner.handedOut(),
    missed,
  };
};

const portsOf = ({ listen }: SinkConfig): readonly number[] =>
  [listen.http, listen.https, listen.admin].map((address) =>
    Number(address.slice(address.lastIndexOf(":") + 1)),
  );
