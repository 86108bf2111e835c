/** What of the events is kept as rows of their own, to be looked up by who or what they are of. */
import type { Json } from "./json.ts";

export interface Payment {
  readonly seq: number;
  readonly site: string;
  /** when it was paid, ms */
  readonly at: number;
  readonly visitor: string | null;
  readonly user: string | null;
  readonly order: string | null;
  /** ISO 4217; empty where nobody said */
  readonly currency: string;
  /** amount in millionths; refunds are negative */
  readonly micros: number;
}

/** A visitor's word on privacy; the newest is in force, the others are its history. */
export interface Agreement {
  readonly seq: number;
  readonly site: string;
  readonly visitor: string;
  /** ms */
  readonly at: number;
  readonly said: { readonly [field: string]: Json };
}

/** The last `update` that a server sent for an id. */
export interface Update {
  readonly site: string;
  readonly id: string;
  /** ms */
  readonly at: number;
  readonly event: string;
  readonly message: string | null;
}

export interface RecordTable {
  putPayment(payment: Payment): void;
  putAgreement(agreement: Agreement): void;
  /** Adds to the counter of an id. */
  count(site: string, id: string, n: number, at: number): void;
  /** Keeps the update unless a later one is there; of two of one moment, the one with the greater event id. */
  update(update: Update): void;
}
