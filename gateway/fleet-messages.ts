import type { Config } from "./config/schema.ts";
import type { Bound } from "./listen/bind.ts";
import type { Outcome } from "./store/group-commit.ts";
import type { Batch } from "./store/ledger.ts";

/** What the owner tells a worker process. */
export type ToWorker =
  | {
      readonly kind: "serve";
      readonly config: Config;
      readonly dev: boolean;
      readonly demoUpstream: string | null;
    }
  | { readonly kind: "outcome"; readonly outcome: Outcome }
  | { readonly kind: "configure"; readonly config: Config }
  | { readonly kind: "stop" };

/** What a worker process tells the owner. */
export type FromWorker =
  | { readonly kind: "listening"; readonly bound: Bound; readonly secure: Bound | null }
  | { readonly kind: "failed"; readonly sentence: string }
  | { readonly kind: "append"; readonly batch: Batch }
  | { readonly kind: "missed"; readonly exposuresLate: number; readonly exposuresLost: number };
