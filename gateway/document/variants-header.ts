import type { Exchange, Layer } from "../http/exchange.ts";

export type Pair = readonly [experiment: string, variant: string];

/** The value of `X-Experiment`, by which the server behind us learns the variants in force. */
export const variantsHeader = (pairs: readonly Pair[]): string =>
  pairs.map(([experiment, variant]) => `${experiment}=${variant}`).join(", ");

export interface TellOptions {
  /** variants in force for the visitor of a request; null where there is none, or none may be known */
  readonly variantsOf: (x: Exchange) => Readonly<Record<string, string>> | null;
}

/**
 * Tells the server behind us the variants on requests that are no documents, too: the forms and calls of its pages,
 * by which it must price and sell as the page has promised.
 */
export const tellVariants =
  ({ variantsOf }: TellOptions): Layer =>
  (next) =>
  (x) => {
    // A document's request has been told what that document shows.
    if (!x.requestEdits.has("x-experiment")) {
      const pairs = Object.entries(variantsOf(x) ?? {});
      if (pairs.length > 0) x.requestEdits.set("x-experiment", variantsHeader(pairs));
    }
    return next(x);
  };
