/** What a program without a page says and hears; types alone, which the build publishes beside the module. */
import type { WireEvent } from "../gateway/model/wire.ts";

/** The fields of an event that its maker gives; old pages give others than the wire format names. */
export type Fields = { readonly [Key in keyof WireEvent]?: WireEvent[Key] | undefined } & Readonly<
  Record<string, unknown>
>;

/**
 * What outlives the page: events that were not acknowledged yet. Keeps the texts, or lets them go, and answers all that
 * it keeps, in a list of the caller's own. Blocked or full, it keeps nothing more, and answers nothing.
 */
export type Store = (texts: readonly string[], isKept?: boolean) => string[] | undefined;

export interface TrackerOptions {
  /** the gateway's collect address, e.g. https://t.example/tr/v1/ */
  readonly collect: string;
  /** what every event says, e.g. `vid` and `app` */
  readonly common?: Fields;
  /** where events outlive the program; in memory alone where it is left out */
  readonly store?: Store;
  readonly fetch?: typeof fetch;
}

export interface Tracker {
  record(fields: Fields): void;
  /** Sends what waits; resolves when it was taken, or has to wait for another try. */
  flush(): Promise<void>;
}

/** Keeps what is not acknowledged, and sends it again under the same ids. */
export type CreateTracker = (options: TrackerOptions) => Tracker;
