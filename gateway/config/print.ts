import { isAbsolute, relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Config, configSchema } from "./schema.ts";

/**
 * The configuration as the shortest settings file that gives it again when it lies in `folder`: what has its
 * default is left out, but for the path of a route, without which a route is hard to read.
 */
export const printConfig = (config: Config, folder: string): string => {
  const settings = structuredClone(withRelativePaths(config, folder)) as Tree; // a copy that may be changed
  const whole = configSchema.parse(settings);
  leaveOutDefaults(settings, () => isDeepStrictEqual(configSchema.safeParse(settings).data, whole));
  return `${layOut(settings)}\n`;
};

interface Tree {
  [key: string]: unknown;
}

const withRelativePaths = (config: Config, folder: string): Config => ({
  ...config,
  data: { ...config.data, dir: nearPath(config.data.dir, folder) },
  routes: config.routes.map((route) =>
    route.static ? { ...route, static: { ...route.static, dir: nearPath(route.static.dir, folder) } } : route,
  ),
});

/** Paths inside the folder move with it; others stay where they are. */
const nearPath = (path: string, folder: string): string => {
  const near = relative(folder, path);
  return near.startsWith("..") || isAbsolute(near) ? path : `./${near}`;
};

// What a schema fills in is found by asking it: a part goes if the settings still mean the same without it.
const leaveOutDefaults = (tree: Tree, meansTheSame: () => boolean): void => {
  for (const [key, value] of Object.entries(tree)) {
    delete tree[key];
    const needed = key === "path" || !meansTheSame();
    if (needed) tree[key] = value; // it moves to the end, as all that stay do: their order is kept
  }
  for (const value of Object.values(tree)) {
    for (const part of Array.isArray(value) ? value : [value]) {
      if (isTree(part)) leaveOutDefaults(part, meansTheSame);
    }
  }
};

const isTree = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const width = 110;

/** JSON in which everything that fits stands on one line. */
const layOut = (value: unknown, indent = "", before = 0): string => {
  const short = onOneLine(value);
  if (indent.length + before + short.length <= width && indent !== "") return short;
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    return `[\n${value.map((part) => inner + layOut(part, inner)).join(",\n")}\n${indent}]`;
  }
  if (!isTree(value)) return short;
  const members = Object.entries(value).map(([key, part]) => {
    const name = `${JSON.stringify(key)}: `;
    return inner + name + layOut(part, inner, name.length);
  });
  return members.length === 0 ? "{}" : `{\n${members.join(",\n")}\n${indent}}`;
};

const onOneLine = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(", ")}]`;
  if (!isTree(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, part]) => `${JSON.stringify(key)}: ${onOneLine(part)}`);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
};
