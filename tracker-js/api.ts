import type { WireEvent } from "../gateway/model/wire.ts";

/** The fields of an event that its maker gives; old pages give others than the wire format names. */
export type Fields = { readonly [Key in keyof WireEvent]?: WireEvent[Key] | undefined } & Readonly<
  Record<string, unknown>
>;

/** What an event carries beside its name; `value` and `currency` are its amount. */
export type Properties = Readonly<Record<string, unknown>> & {
  readonly value?: number;
  readonly currency?: string;
};

/** What a visitor agrees to; only `analytics` concerns this script. */
export type Consent = boolean | (Readonly<Record<string, unknown>> & { readonly analytics: boolean });

/** `window.tr` as the page sees it. Nothing here throws. */
export interface Tr {
  (name: string, properties?: Properties): void;
  outcome(name: string, properties?: Properties): void;
  /** This visitor is that user of yours. */
  identify(userId: string, traits?: Readonly<Record<string, unknown>>): void;
  /** Records a page view, with fields of your own over those that were seen. */
  page(overrides?: Fields): void;
  /** Forgets the visitor: the next event is another one's. */
  reset(): void;
  /** The variant in force for this visitor, if there is one. */
  variant(key: string): string | undefined;
  /** The parameters of the variants in force. */
  params(): Readonly<Record<string, unknown>> | undefined;
  consent(given: Consent): void;
  /** Sends what waits; resolves when it was taken, or has to wait for another try. */
  flush(): Promise<void>;
  /** Calls made before the script had loaded. */
  q?: Iterable<Parameters<Tr>>;
}

declare global {
  interface Window {
    tr?: Tr;
  }
  interface Navigator {
    readonly globalPrivacyControl?: boolean;
  }
}
