import { createSecureContext, type SecureContext } from "node:tls";
import type { KeyPair } from "./make-certificate.ts";

const pairs = new WeakMap<SecureContext, KeyPair>();

/** The context in which a certificate is shown. */
export const contextOf = (pair: KeyPair): SecureContext => {
  const context = createSecureContext(pair);
  pairs.set(context, pair);
  return context;
};

/** What the context was made of, so that another can be made that also asks the client for a certificate. */
export const pairOf = (context: SecureContext): KeyPair | null => pairs.get(context) ?? null;
