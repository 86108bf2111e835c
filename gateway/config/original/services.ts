/** The services of the original tracker, in which it kept events and from which it read them. */
import type { Became } from "./keys.ts";

const own = "Turnpike stores events by itself, in data.dir, and a stored event is acknowledged";

const services: Readonly<Record<string, string>> = {
  cassandra: own,
  duckdb: `${own}; sealed files are Parquet, which DuckDB reads`,
  clickhouse: `${own}; ClickHouse reads the Parquet files in data/events, or gets events by a sink`,
  facebook: "nothing is sent to Facebook: events leave through sinks, e.g. a webhook",
  nats: "there is no NATS in it: events leave through sinks, and come by HTTP, e.g. `/str/v1/` with a write key",
};

const connection = "it belongs to the service's connection, which is not there any more";
const unread = "it was never read";

/** Every field of an entry of `Notify` and `Consume`, and why it has no place. */
export const serviceFields: Readonly<Record<string, string>> = {
  Service: "",
  Hosts: connection,
  CACert: connection,
  Cert: connection,
  Key: connection,
  Secure: connection,
  Critical: "the store is always critical: without it the gateway does not start, and events get 503",
  Context: connection,
  Filter: "events are kept whole; sites[0].filters drops what is not wanted",
  Format: unread,
  MessageLimit: unread,
  ByteLimit: unread,
  Timeout: connection,
  Connections: connection,
  Note: "JSON has no comments: keep it beside the file",
  Consumer: unread,
  Ephemeral: unread,
  Retry: unread,
  Retries: "what waits for the disk is bounded by limits.pendingEvents, and refused beyond it",
  Prune: "set data.keepDays to remove events by their age",
  Username: connection,
  Password: connection,
  Unencrypted: connection,
  AttemptAll: connection,
  Skip: "an entry that was switched off is not needed",
  ProxyRealtimeStorageServiceName: "every event is in the reports within a second",
  ProxyRealtimeStorageServiceTables: "every event is in the reports within a second",
  BatchingEnabled: unread,
  MaxBatchSize: unread,
  BatchFlushInterval: unread,
  EnableCompression: unread,
};

/** Why a service is not carried over. Entries were switched off by a name that is none. */
export const becameOfService = (name: unknown): Became => ({
  kind: "dropped",
  sentence: services[String(name).toLowerCase()] ?? "there is no such service: the entry was switched off",
});
