/** The public side of a gateway in this process, as settings make it, with a store that forgets: for tests of many settings. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { loadConfig } from "../gateway/config/load.ts";
import type { Config } from "../gateway/config/schema.ts";
import { createNames } from "../gateway/document/cookie-names.ts";
import { systemClock } from "../gateway/lib/clock.ts";
import { openCounters } from "../gateway/limit/open-counters.ts";
import { createTicketKeys } from "../gateway/listen/tls/ticket-keys.ts";
import type { EventStore } from "../gateway/model/event-store.ts";
import { createTunnels } from "../gateway/proxy/tunnels.ts";
import { openPublicSide } from "../gateway/public-side.ts";
import { distDir } from "../setup/build/dist.ts";

export interface LiveApp {
  readonly url: string;
  readonly port: number;
  /** 0 where TLS is off */
  readonly securePort: number;
  /** sentences that the owner was told */
  readonly told: readonly string[];
  /** the folder of the settings file */
  readonly folder: string;
  apply(settings: object): void;
  close(): Promise<void>;
}

const forgetful: EventStore = {
  append: () => Promise.resolve(),
  reject: () => {},
  read: () => [],
  report: () => Promise.resolve([]),
};

/** Listens on free ports of loopback; `files` are written beside the settings file, name → content. */
export const startLiveApp = async (
  settings: object,
  files: Readonly<Record<string, string | Buffer>> = {},
): Promise<LiveApp> => {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-live-"));
  try {
    return await startIn(folder, settings, files);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
};

const startIn = async (
  folder: string,
  settings: object,
  files: Readonly<Record<string, string | Buffer>>,
): Promise<LiveApp> => {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const config = configOf(settings, folder);
  const told: string[] = [];
  const tell = (sentence: string): void => void told.push(sentence);
  const tunnels = createTunnels();
  const counters = await openCounters(config.limits, {
    secret: Buffer.alloc(32, 1),
    clock: systemClock,
    warn: tell,
    days: null,
  });
  const tickets = createTicketKeys({ rotates: false });
  const side = await openPublicSide(
    config,
    {
      store: forgetful,
      secret: Buffer.alloc(32, 1),
      names: createNames(tell),
      clock: systemClock,
      mayDebug: () => false,
      demoUpstream: null,
      scriptFile: join(distDir, "track.js"),
      missed: { exposuresLate: 0, exposuresLost: 0, requestsDropped: 0 },
      tunnels,
      counters,
      warn: tell,
      onError: (error) => tell(String(error)),
    },
    { info: tell, warn: tell, error: tell },
    { portHint: () => "", inherited: () => undefined, tickets },
  );
  return {
    url: `http://127.0.0.1:${side.bound.port}`,
    port: side.bound.port,
    securePort: side.secure?.port ?? 0,
    told,
    folder,
    apply: (next) => side.apply(configOf(next, folder)),
    async close() {
      tunnels.close();
      await side.stop();
      await counters.close();
      tickets.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

/** As `turnpike start` would read it; what is wrong with it fails the test. */
const configOf = (settings: object, folder: string): Config => {
  const file = join(folder, "config.json");
  writeFileSync(file, JSON.stringify(settings));
  const overrides = { http: "127.0.0.1:0", https: "127.0.0.1:0", data: join(folder, "data") };
  const loaded = loadConfig({ file, overrides });
  if (loaded.kind === "wrong") assert.fail(loaded.mistakes.map((m) => `${m.path}: ${m.message}`).join("\n"));
  return { ...loaded.config, listen: { ...loaded.config.listen, stopSeconds: 1 } };
};
