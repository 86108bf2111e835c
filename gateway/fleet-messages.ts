import type { Config } from "./config/schema.ts";
import type { Missed } from "./document/document.ts";
import type { CountAnswer, CountAsked } from "./limit/remote-counters.ts";
import type { PlaceNews } from "./limit/shared-places.ts";
import type { Bound } from "./listen/bind.ts";
import type { SideFigures } from "./side-figures.ts";
import type { Outcome } from "./store/group-commit.ts";
import type { Batch } from "./store/ledger.ts";

/** What the owner tells a worker process. */
export type ToWorker =
  | {
      readonly kind: "serve";
      readonly config: Config;
      readonly dev: boolean;
      readonly demoUpstream: string | null;
      /** where the owner listens for it */
      readonly bound: Bound;
      readonly secure: Bound | null;
      readonly tickets: Uint8Array;
    }
  /** with a connection that was accepted there */
  | { readonly kind: "connection"; readonly name: "http" | "https" }
  /** other keys of TLS session tickets */
  | { readonly kind: "tickets"; readonly tickets: Uint8Array }
  | { readonly kind: "outcome"; readonly outcome: Outcome }
  | { readonly kind: "counted"; readonly answers: readonly CountAnswer[] }
  | { readonly kind: "figures" }
  | { readonly kind: "cut"; readonly connections: readonly number[] }
  | { readonly kind: "configure"; readonly config: Config }
  /** another process serves from now on: end with the last connection */
  | { readonly kind: "drain" }
  | { readonly kind: "stop" };

/** What a worker process tells the owner. */
export type FromWorker =
  | { readonly kind: "count"; readonly asked: readonly CountAsked[] }
  | { readonly kind: "figures"; readonly figures: SideFigures }
  | { readonly kind: "places"; readonly news: readonly PlaceNews[] }
  | { readonly kind: "ready" }
  /** so many connections of those it was given have come, in their order */
  | { readonly kind: "taken"; readonly connections: number }
  | { readonly kind: "failed"; readonly sentence: string }
  | { readonly kind: "append"; readonly batch: Batch }
  | ({ readonly kind: "missed" } & Readonly<Missed>);
