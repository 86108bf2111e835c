import { safe } from "./lib/safe.ts";
import type { Fields, Recorder } from "./record.ts";
import type { Sender } from "./send.ts";
import { readVariant } from "./variant.ts";

/** What an event carries beside its name; `value` and `currency` are its amount. */
export type Properties = Readonly<Record<string, unknown>> & {
  readonly value?: number;
  readonly currency?: string;
};

/** `window.tr` as the page sees it. Nothing here throws. */
export interface Tr {
  (name: string, properties?: Properties): void;
  /** As old pages call it: the fields of an event. */
  (fields: Readonly<Record<string, unknown>>): void;
  outcome(name: string, properties?: Properties): void;
  /** The variant in force for this visitor, null without one. */
  variant(key: string): string | null;
  /** Sends what waits. */
  flush(): Promise<void> | undefined;
  consent(given: boolean): void;
  /** Calls made before the script had loaded. */
  q?: ArrayLike<unknown>[];
}

export interface Parts {
  readonly recorder: Recorder;
  readonly sender: Sender;
  /** records the page view if one is due */
  readonly view: () => void;
  readonly setConsent: (given: boolean) => void;
}

export const createApi = ({ recorder, sender, view, setConsent }: Parts): Tr => {
  const event = (type: "track" | "outcome") =>
    safe((name: unknown, properties: Properties = {}) => {
      view();
      recorder.record(isFields(name) ? name : named(type, String(name), properties));
    });
  return Object.assign(event("track"), {
    outcome: event("outcome"),
    variant: (key: string) => safe(readVariant)(key) ?? null,
    flush: safe(sender.flush),
    consent: safe((given: boolean) => {
      setConsent(given);
      recorder.release();
    }),
  });
};

const isFields = (name: unknown): name is Fields => typeof name === "object" && name !== null;

const named = (type: "track" | "outcome", ename: string, properties: Properties): Fields => {
  const { value, currency, ...params } = properties;
  return { ename, type, value, currency, params };
};
