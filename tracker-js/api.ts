import type { Fields } from "./core-api.ts";

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
  /** This visitor does not want to be counted from now on, nor by what is kept to be sent later; `false` takes it back. */
  optout(wanted?: boolean): void;
  /**
   * An address of the site, this page's where it is left out, with a code that says who passed it on; as it is where
   * visitors are not told apart, or the gateway cannot be asked.
   */
  share(url?: string): Promise<string>;
  /** Sends what waits; resolves when it was taken, or has to wait for another try. */
  flush(): Promise<void>;
  /** Observes nothing any more, and leaves History as it was; what waits is still sent. */
  stop(): void;
  /** Calls made before the script had loaded. */
  q?: readonly EarlyCall[];
}

/** The arguments of a call, and the name of the method that was called, if it was not `tr` itself. */
export interface EarlyCall extends Iterable<unknown> {
  readonly m?: string;
}

declare global {
  interface Window {
    tr?: Tr;
  }
  interface Navigator {
    readonly globalPrivacyControl?: boolean;
  }
}
