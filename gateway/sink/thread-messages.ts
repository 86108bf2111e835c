import type { FeedReport } from "./feed.ts";
import type { SinkSettings } from "./settings.ts";

/** What a sink's thread is started with. */
export type ThreadStart =
  /** tells whether the plugins can be loaded, and which types they give */
  | { readonly kind: "look"; readonly plugins: readonly string[]; readonly folder: string }
  | {
      readonly kind: "feed";
      /** the data folder */
      readonly dir: string;
      readonly settings: SinkSettings;
      readonly plugins: readonly string[];
      /** where plugins are looked for */
      readonly folder: string;
      /** ports that are our own */
      readonly ownPorts: readonly number[];
      /** the sequence that was reached before, and failures in a row since */
      readonly from: number;
      readonly failures: number;
    };

/** What the thread is told: no further batch, or an end to the one that runs. */
export type ToThread = { readonly kind: "stop" } | { readonly kind: "cut" };

/** What the thread tells. */
export type FromThread =
  | { readonly kind: "types"; readonly types: readonly string[] }
  /** the sink is made */
  | { readonly kind: "ready" }
  /** it cannot be used: why, in one sentence */
  | { readonly kind: "unusable"; readonly sentence: string }
  | FeedReport;
