/** The thread of one sink: reads the stored events by itself and hands them out. What a plugin does, it does here. */
import { setTimeout as pause } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { flatEvent } from "./flat-event.ts";
import { type OutboundOptions, requestOutbound } from "./http/outbound.ts";
import { systemClock } from "./lib/clock.ts";
import { parseCidrs } from "./lib/ip.ts";
import { delayAfter } from "./sink/backoff.ts";
import { runFeed } from "./sink/feed.ts";
import { makeSink } from "./sink/make-sink.ts";
import { messageOf } from "./sink/message-of.ts";
import { loadPlugins } from "./sink/plugins.ts";
import type { SinkSettings } from "./sink/settings.ts";
import type { FromThread, ThreadStart, ToThread } from "./sink/thread-messages.ts";
import { wantedBy } from "./sink/wanted.ts";
import type { Post } from "./sink/webhook.ts";
import { withheld } from "./sink/withheld.ts";
import { openSinkSource } from "./store/sink-source.ts";

const port = parentPort;
if (!port) throw new Error("sinks: this file runs as a thread of the gateway");
const data = workerData as ThreadStart; // from sinks.ts, of this very type
const say = (message: FromThread): void => port.postMessage(message);
const stopping = new AbortController();
const cut = new AbortController();
port.on("message", (message: ToThread) => {
  stopping.abort();
  if (message.kind === "cut") cut.abort(new Error("Turnpike is stopping"));
});

const feed = async (start: Extract<ThreadStart, { kind: "feed" }>): Promise<void> => {
  const { settings, plugins, folder } = start;
  const postFor = (of: SinkSettings): Post => createPost(of, start.ownPorts);
  const sink = await makeSink(settings, { print, postFor, clock: systemClock, plugins, folder });
  const source = openSinkSource(start.dir);
  say({ kind: "ready" });
  await runFeed({
    sink,
    source,
    from: start.from,
    failures: start.failures,
    batchEvents: settings.batchEvents,
    flushMs: settings.flushSeconds * 1000,
    timeoutMs: settings.timeoutSeconds * 1000,
    wants: wantedBy(settings),
    toRecord: (event) => flatEvent(withheld(event)),
    report: say,
    delayAfter: (failures, askedMs) => delayAfter(failures, Math.random(), askedMs),
    wait: (ms, signal) => pause(ms, undefined, { signal }).catch(() => {}), // a stop ends the wait
    stopping: stopping.signal,
    cut: cut.signal,
  });
  source.close();
  await sink.close?.();
};

const print = (text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });

/** Hosts that are named may be of the inner network; of those that are not, only addresses and ranges that are. */
const createPost = (
  { privateHosts = [], timeoutSeconds }: SinkSettings,
  ownPorts: readonly number[],
): Post => {
  const ranges = privateHosts.filter(isRange);
  return (url, request) => {
    const named = privateHosts.includes(new URL(url).hostname.replace(/^\[(.*)\]$/, "$1"));
    const allow = named ? ["0.0.0.0/0", "::/0"] : ranges;
    // A 2xx is the receiver's word, whatever it writes behind it: waiting for more would send the events for ever.
    const limits: OutboundOptions = {
      timeoutMs: timeoutSeconds * 1000,
      headOnly: true,
      allow,
      ownPorts: () => ownPorts,
    };
    return requestOutbound(url, { ...request, ...limits });
  };
};

const isRange = (text: string): boolean => {
  try {
    parseCidrs([text]);
    return true;
  } catch {
    return false; // it throws for what it cannot read: a name
  }
};

try {
  if (data.kind === "look")
    say({ kind: "types", types: [...(await loadPlugins(data.plugins, data.folder)).keys()] });
  else await feed(data);
} catch (error) {
  say({ kind: "unusable", sentence: messageOf(error) });
}
port.close();
