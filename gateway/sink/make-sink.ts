import type { Clock } from "../lib/clock.ts";
import { createConsoleSink } from "./console.ts";
import { createFileSink } from "./file.ts";
import { messageOf } from "./message-of.ts";
import { loadPlugins } from "./plugins.ts";
import type { SinkSettings } from "./settings.ts";
import type { Sink } from "./sink.ts";
import { createWebhookSink, type Post } from "./webhook.ts";

export interface SinkParts {
  /** resolves when the text has been taken */
  readonly print: (text: string) => Promise<void>;
  /** how this sink reaches the world outside */
  readonly postFor: (settings: SinkSettings) => Post;
  readonly clock: Clock;
  readonly plugins: readonly string[];
  /** where plugins are looked for */
  readonly folder: string;
}

/** The sink that the settings describe; rejects with one sentence where a plugin cannot make it. */
export const makeSink = async (settings: SinkSettings, parts: SinkParts): Promise<Sink> => {
  const { id, type, path = "", megabytes = 100, files = 5, url = "", secret = "" } = settings;
  if (type === "console") return createConsoleSink(id, parts.print);
  if (type === "file") return createFileSink(id, { path, megabytes, files });
  if (type === "webhook") {
    return createWebhookSink(id, { url, secret, post: parts.postFor(settings), clock: parts.clock });
  }
  return ofPlugin(settings, parts);
};

const ofPlugin = async ({ id, type, settings = {} }: SinkSettings, parts: SinkParts): Promise<Sink> => {
  const types = await loadPlugins(parts.plugins, parts.folder);
  const make = types.get(type);
  if (!make) throw new Error(unknownType(id, type, [...types.keys()]));
  let sink: unknown;
  try {
    sink = await make({ ...settings, id });
  } catch (cause) {
    throw new Error(`sinks: ${id} cannot be made: its plugin says: ${messageOf(cause)}`, { cause });
  }
  if (isSink(sink)) return sink;
  throw new Error(`sinks: ${id} cannot be made: what its plugin gives has no function \`write\``);
};

/** A plugin's word is outside data. */
const isSink = (value: unknown): value is Sink =>
  typeof value === "object" && value !== null && "write" in value && typeof value.write === "function";

export const unknownType = (id: string, type: string, given: readonly string[]): string =>
  `sinks: ${id} has the type ${JSON.stringify(type)}, which is neither console, file nor webhook nor of a plugin${
    given.length > 0 ? ` (plugins give ${given.join(", ")})` : ": name the plugin under `plugins`"
  }`;
