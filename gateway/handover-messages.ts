/** What a process and the one that takes its place tell each other. */
import type { DayShare } from "./limit/day-counts.ts";
import type { Outcome } from "./store/group-commit.ts";
import type { Batch } from "./store/ledger.ts";

/** Names the sockets that a successor inherits, in its environment. */
export const socketsVariable = "TURNPIKE_INHERITED";
/** Names the data folder that a successor is handed, likewise. */
export const folderVariable = "TURNPIKE_HANDED_FOLDER";

export type SocketName = "http" | "https" | "admin";

/** The number of each inherited socket, and the address of the settings that it was opened for. */
export type InheritedSockets = Partial<
  Record<SocketName, { readonly descriptor: number; readonly address: string }>
>;

export type ToSuccessor =
  /** the data folder is free */
  | { readonly kind: "yours"; readonly tickets: Uint8Array }
  /** events that came here */
  | { readonly kind: "append"; readonly batch: Batch }
  /** what was counted here of daily quotas */
  | { readonly kind: "counted"; readonly share: DayShare };

export type FromSuccessor =
  /** settings and files are in order, the data folder is all that is missing */
  | { readonly kind: "prepared" }
  | { readonly kind: "serving" }
  | { readonly kind: "failed"; readonly sentence: string }
  | { readonly kind: "outcome"; readonly outcome: Outcome };
