/** What a user agent says, worked out once and remembered: parsing one takes longer than the rest of a hit. */
import bowser from "bowser";
import { createCache } from "../lib/cache.ts";
import { readBot } from "./bot-rules.ts";
import { brandOf } from "./device-brands.ts";
import { ownCopy } from "./own-copy.ts";

interface Agent {
  readonly device: Device;
  /** class and evidence, null for people */
  readonly bot: string | null;
  readonly demo: boolean;
}

/** Null where it cannot be told. */
export interface Device {
  readonly category: string | null;
  readonly os: string | null;
  readonly osVersion: string | null;
  readonly browser: string | null;
  readonly browserVersion: string | null;
  readonly brand: string | null;
  readonly model: string | null;
}

export type AgentReader = (userAgent: string) => Agent;

/** Longer ones are noise; the patterns below need not run over them. */
const maxLength = 512;

export const createAgentReader = (cacheSize: number): AgentReader => {
  const cache = createCache<string, Agent>(cacheSize);
  const read: AgentReader = (userAgent) => {
    const before = cache.get(userAgent);
    if (before !== undefined) return before;
    const text = ownCopy(userAgent.slice(0, maxLength));
    const agent = readAgent(text);
    if (userAgent.length <= maxLength) cache.set(text, agent);
    return agent;
  };
  // Two passes ask about the same one, one after the other.
  let lastText = "";
  let last: Agent | null = null;
  return (userAgent) => {
    if (last === null || lastText !== userAgent) last = read(userAgent);
    lastText = userAgent;
    return last;
  };
};

const readAgent = (userAgent: string): Agent => {
  const device = readDevice(userAgent);
  const demo = userAgent.includes("TurnpikeDemo/1");
  return { device, demo, bot: demo ? null : readBot(userAgent) };
};

const unknown: Device = {
  category: null,
  os: null,
  osVersion: null,
  browser: null,
  browserVersion: null,
  brand: null,
  model: null,
};

const readDevice = (userAgent: string): Device => {
  if (userAgent === "") return unknown;
  const { browser, os, platform } = bowser.parse(userAgent);
  const handheld = platform.type === "mobile" || platform.type === "tablet";
  const model = handheld ? (platform.model ?? androidModel(userAgent)) : null;
  return {
    category: categoryOf(platform.type, os.name),
    os: os.name || null,
    osVersion: versionOf(os.name === "Windows" ? os.versionName : os.version),
    // What begins like a browser and says no more is not one that is called Mozilla.
    browser: browser.name === "Mozilla" ? null : browser.name || null,
    browserVersion: browser.name === "Mozilla" ? null : versionOf(browser.version),
    brand: handheld ? (platform.vendor ?? brandOf(model)) : null,
    model,
  };
};

const categoryOf = (type: string | undefined, os: string | undefined): string | null => {
  if (type === undefined) return os === "Chrome OS" ? "desktop" : null;
  return type === "mobile" ? "smartphone" : type;
};

const versionOf = (text: string | undefined): string | null => text?.match(/^[\w.]+/)?.[0] ?? null;

/** Browsers that hide the model write `K`. */
const androidModel = (userAgent: string): string | null => {
  const model = /Android [\d.]+; ([^;)]{2,40}?)(?: Build\/[^;)]*)?[;)]/.exec(userAgent)?.[1];
  return model === undefined || model.startsWith("rv:") || model === "Mobile" || model === "Tablet"
    ? null
    : model;
};
