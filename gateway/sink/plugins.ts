/** Modules of others that give sinks. They run in the threads of sinks alone, never beside requests. */
import { readFileSync } from "node:fs";
import { createRequire, findPackageJSON } from "node:module";
import { basename, dirname, extname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { codeOf } from "../lib/error-code.ts";
import type { SinkFactory } from "./sink.ts";
import { isPluginFile, isShipped } from "./sink-types.ts";

/** Type of sink → what makes it. */
export type PluginTypes = ReadonlyMap<string, SinkFactory>;

/** Loads all of them; rejects with a sentence that names the one that cannot be used. */
export const loadPlugins = async (plugins: readonly string[], folder: string): Promise<PluginTypes> => {
  const types = new Map<string, SinkFactory>();
  for (const plugin of plugins) {
    for (const [type, make] of await loadPlugin(plugin, folder)) {
      if (isShipped(type) || types.has(type)) {
        throw new Error(`plugins: ${plugin} gives the type ${type}, which is there already: rename one`);
      }
      types.set(type, make);
    }
  }
  return types;
};

const loadPlugin = async (plugin: string, folder: string): Promise<readonly [string, SinkFactory][]> => {
  let module: Readonly<Record<string, unknown>>;
  try {
    module = await import(locate(plugin, folder));
  } catch (cause) {
    throw new Error(`plugins: ${plugin} cannot be loaded: ${reasonOf(cause)}`, { cause });
  }
  const types = typesOf(module, plugin);
  if (types.length > 0) return types;
  throw new Error(
    `plugins: ${plugin} exports neither a function \`createSink\` nor \`sinks\`, an object of such functions by type`,
  );
};

const typesOf = ({ createSink, sinks }: Readonly<Record<string, unknown>>, plugin: string) => {
  const named = typeof sinks === "object" && sinks !== null ? Object.entries(sinks) : [];
  return [[typeName(plugin), createSink] as const, ...named].filter((pair): pair is [string, SinkFactory] =>
    isFactory(pair[1]),
  );
};

const isFactory = (value: unknown): value is SinkFactory => typeof value === "function";

/** A file's one sink is called as the file, a package's as the package. */
const typeName = (plugin: string): string =>
  isPluginFile(plugin) ? basename(plugin, extname(plugin)) : plugin;

const locate = (plugin: string, folder: string): string => {
  if (plugin.startsWith("file:")) return plugin;
  if (isPluginFile(plugin)) return pathToFileURL(resolve(folder, plugin)).href;
  const beside = join(folder, "settings.json"); // resolving starts at a file's folder, whether there is one or not
  try {
    return pathToFileURL(createRequire(beside).resolve(plugin)).href;
  } catch (error) {
    // A package for `import` alone; anything else may still lie beside Turnpike itself.
    return codeOf(error) === "ERR_PACKAGE_PATH_NOT_EXPORTED" ? importEntry(plugin, beside) : plugin;
  }
};

const importEntry = (plugin: string, beside: string): string => {
  const file = findPackageJSON(plugin, pathToFileURL(beside));
  if (file === undefined) return plugin;
  const { exports } = JSON.parse(readFileSync(file, "utf8")) as { exports?: unknown }; // looked over below
  const entry = entryOf(exports);
  return entry === null ? plugin : pathToFileURL(join(dirname(file), entry)).href;
};

/** The file that `import` means (Node's conditional exports). */
const entryOf = (exports: unknown): string | null => {
  if (typeof exports === "string") return exports;
  if (typeof exports !== "object" || exports === null) return null;
  for (const [condition, value] of Object.entries(exports)) {
    const entry = [".", "import", "node", "default"].includes(condition) ? entryOf(value) : null;
    if (entry !== null) return entry;
  }
  return null;
};

const reasonOf = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error);
  const short = text.replace(/\s+/g, " ").trim().slice(0, 300);
  const missing = /Cannot find module '([^']+)'/.exec(text)?.[1];
  if (codeOf(error) !== "ERR_MODULE_NOT_FOUND" || missing === undefined) return short;
  return `there is no ${missing.startsWith("file:") ? fileURLToPath(missing) : missing}`;
};
