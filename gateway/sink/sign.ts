import { createHash, createHmac } from "node:crypto";
import type { SinkEvent } from "./sink.ts";

export interface Signed {
  readonly id: string;
  /** seconds since 1970 */
  readonly timestamp: number;
  readonly body: string;
}

/** The headers by which a receiver knows the sender, as Standard Webhooks 1.0 has them. */
export const signatureHeaders = (
  secret: string,
  { id, timestamp, body }: Signed,
): Readonly<Record<string, string>> => ({
  "webhook-id": id,
  "webhook-timestamp": String(timestamp),
  "webhook-signature": `v1,${createHmac("sha256", keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest("base64")}`,
});

/** `whsec_` marks a key in base64; anything else is the key as it stands. */
const keyOf = (secret: string): Buffer =>
  secret.startsWith("whsec_") ? Buffer.from(secret.slice("whsec_".length), "base64") : Buffer.from(secret);

/** The same events have the same id, so that a receiver knows a batch that comes again. */
export const batchId = (batch: readonly SinkEvent[]): string => {
  const hash = createHash("sha256");
  for (const { property_id: site, id } of batch) hash.update(`${site}\0${id}\0`);
  return `batch_${hash.digest("hex").slice(0, 32)}`;
};
