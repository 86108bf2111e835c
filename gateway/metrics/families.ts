/** What stands at `/metrics`, by name: plain figures in, samples as Prometheus reads them out. */
import type { Figures, SinkFigures, UpstreamFigures } from "./figures.ts";
import type { ProcessFigures } from "./process-figures.ts";
import { bounds, type Counts, classes, methods } from "./tally.ts";

export interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** where it is not the family's */
  readonly metricName?: string;
}

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly values: readonly Sample[];
}

const none = {};

export const familiesOf = (figures: Figures): readonly Family[] => [
  ...requestFamilies(figures.counts),
  ...eventFamilies(figures.counts),
  ...storeFamilies(figures),
  ...upstreamFamilies(figures.upstreams),
  ...sinkFamilies(figures.sinks),
  ...certificateFamilies(figures),
  ...processFamilies(figures.processes),
  gauge("turnpike_info", "the version that runs", [{ labels: { version: figures.version }, value: 1 }]),
];

const requestFamilies = ({ routes, refused, malformed }: Counts): Family[] => {
  const each = Object.entries(routes);
  const sum = (name: string, help: string, of: (counts: Counts["routes"][string]) => number) =>
    counter(
      name,
      help,
      each.map(([route, counts]) => ({ labels: { route }, value: of(counts) })),
    );
  return [
    counter(
      "turnpike_requests_total",
      "finished requests by route, method and class of status; aborted ones are 4xx, those without a status none",
      each.flatMap(([route, { requests }]) => requestSamples(route, requests)),
    ),
    {
      name: "turnpike_request_duration_seconds",
      help: "from a request's head to the end of its answer",
      type: "histogram",
      values: each.flatMap(([route, counts]) => histogramSamples(route, counts.durations, counts.seconds)),
    },
    sum(
      "turnpike_request_bytes_total",
      "bytes of requests; on HTTP/2 and for hits in one piece of their bodies alone",
      ({ bytesIn }) => bytesIn,
    ),
    sum(
      "turnpike_response_bytes_total",
      "bytes of answers; on HTTP/2 and for hits in one piece of their bodies alone",
      ({ bytesOut }) => bytesOut,
    ),
    counter(
      "turnpike_limited_total",
      "requests and connections that a limit refused",
      Object.entries(refused).map(([limit, value]) => ({ labels: { limit }, value })),
    ),
    counter(
      "turnpike_malformed_total",
      "requests and HTTP/2 connections that could not be read, or asked for what is never given",
      Object.entries(malformed).map(([reason, value]) => ({ labels: { reason }, value })),
    ),
  ];
};

const requestSamples = (route: string, requests: readonly number[]): Sample[] =>
  requests.flatMap((value, i) => {
    if (value === 0) return [];
    const method = methods[Math.floor(i / classes.length)] ?? "other";
    const status = classes[i % classes.length] ?? "none";
    return [{ labels: { route, method, status }, value }];
  });

const histogramSamples = (route: string, durations: readonly number[], seconds: number): Sample[] => {
  const name = "turnpike_request_duration_seconds";
  const samples: Sample[] = [];
  let sum = 0;
  for (const [i, n] of durations.entries()) {
    sum += n;
    samples.push({ labels: { route, le: bounds[i] ?? "+Inf" }, value: sum, metricName: `${name}_bucket` });
  }
  samples.push({ labels: { route }, value: seconds, metricName: `${name}_sum` });
  samples.push({ labels: { route }, value: sum, metricName: `${name}_count` });
  return samples;
};

const eventFamilies = ({ events }: Counts): Family[] => {
  const one = (event: string, name: string, help: string) =>
    counter(name, help, [{ labels: none, value: events[event] ?? 0 }]);
  return [
    one("accepted", "turnpike_events_accepted_total", "events that were acknowledged"),
    one("refused", "turnpike_events_refused_total", "events that were answered with 503"),
    one("rejected", "turnpike_events_rejected_total", "hits that could not be read"),
    one("filtered", "turnpike_events_filtered_total", "events that filters of the settings dropped"),
    one("late", "turnpike_events_late_total", "events that came over an hour after they happened"),
    one("problems", "turnpike_events_with_problems_total", "events with a field that could not be read"),
    one(
      "exposuresLate",
      "turnpike_exposures_late_total",
      "answers that went out before their exposure was stored",
    ),
    one("exposuresLost", "turnpike_exposures_lost_total", "exposures that could not be stored"),
    one(
      "requestsDropped",
      "turnpike_tracked_requests_dropped_total",
      "events of tracked routes that were dropped",
    ),
  ];
};

const storeFamilies = (figures: Figures): Family[] => {
  const { pendingEvents, isStoring, commits, commitSeconds, projectionLag, diskFreeBytes } = figures;
  return [
    plain("turnpike_store_pending_events", "events that wait for the disk", pendingEvents),
    plain("turnpike_store_up", "1 while events are stored", isStoring ? 1 : 0),
    plainCounter("turnpike_store_commits_total", "batches that were committed", commits),
    plainCounter(
      "turnpike_store_commit_seconds_total",
      "time from handing a batch to the writer to its commit",
      commitSeconds,
    ),
    plain("turnpike_projection_lag_events", "events that the projections have yet to follow", projectionLag),
    plain("turnpike_disk_free_bytes", "free on the disk of the data folder", diskFreeBytes),
    plainCounter(
      "turnpike_access_log_dropped_total",
      "lines of the access log that are lost",
      figures.accessLogDropped,
    ),
  ];
};

const upstreamFamilies = (upstreams: readonly UpstreamFigures[]): Family[] => {
  const of = (value: (one: UpstreamFigures) => number): Sample[] =>
    upstreams.map((one) => ({ labels: { route: one.route, upstream: one.upstream }, value: value(one) }));
  return [
    gauge(
      "turnpike_upstream_up",
      "1 while requests are sent to the upstream",
      of(({ isUp }) => (isUp ? 1 : 0)),
    ),
    counter(
      "turnpike_upstream_answers_total",
      "answers of the upstream",
      of(({ answers }) => answers),
    ),
    counter(
      "turnpike_upstream_failures_total",
      "requests that it did not answer",
      of(({ failures }) => failures),
    ),
    counter(
      "turnpike_upstream_seconds_total",
      "time that its answers took to begin, all together",
      of(({ seconds }) => seconds),
    ),
  ];
};

const sinkFamilies = (sinks: readonly SinkFigures[]): Family[] => {
  const of = (value: (one: SinkFigures) => number): Sample[] =>
    sinks.map((one) => ({ labels: { sink: one.id }, value: value(one) }));
  return [
    gauge(
      "turnpike_sink_lag_events",
      "stored events that the sink has not been past",
      of(({ lagEvents }) => lagEvents),
    ),
    gauge(
      "turnpike_sink_lag_seconds",
      "age of the oldest of these",
      of(({ lagSeconds }) => lagSeconds),
    ),
    gauge(
      "turnpike_sink_up",
      "0 while its last write failed",
      of(({ failing }) => (failing ? 0 : 1)),
    ),
    counter(
      "turnpike_sink_failures_total",
      "writes that failed",
      of(({ failures }) => failures),
    ),
    counter(
      "turnpike_sink_events_total",
      "events that it was handed",
      of(({ handedOut }) => handedOut),
    ),
    counter(
      "turnpike_sink_missed_total",
      "events that were gone before it could take them",
      of(({ missed }) => missed),
    ),
  ];
};

const certificateFamilies = ({ certificates, now }: Figures): Family[] => [
  gauge(
    "turnpike_certificate_days_left",
    "days until the certificate ends; none yet is 0",
    certificates.map(({ host, notAfter }) => ({
      labels: { host },
      value: notAfter === null ? 0 : (notAfter - now) / 86_400_000,
    })),
  ),
  gauge(
    "turnpike_certificate_failures",
    "tries to renew it that failed since the last success",
    certificates.map(({ host, failures }) => ({ labels: { host }, value: failures })),
  ),
];

const processFamilies = (processes: Figures["processes"]): Family[] => {
  const of = (value: (figures: ProcessFigures) => number): Sample[] =>
    Object.entries(processes).map(([process, figures]) => ({ labels: { process }, value: value(figures) }));
  const late = (share: string, value: (figures: ProcessFigures) => number): Sample[] =>
    of(value).map((sample) => ({ ...sample, labels: { ...sample.labels, share } }));
  return [
    gauge(
      "turnpike_open_connections",
      "connections of visitors",
      of((p) => p.openConnections),
    ),
    gauge(
      "turnpike_open_requests",
      "requests that are being answered",
      of((p) => p.openRequests),
    ),
    gauge(
      "turnpike_open_websockets",
      "websockets",
      of((p) => p.openWebsockets),
    ),
    gauge(
      "turnpike_process_resident_bytes",
      "memory of a process",
      of((p) => p.rssBytes),
    ),
    counter(
      "turnpike_process_cpu_seconds_total",
      "processor time of a process",
      of((p) => p.cpuSeconds),
    ),
    gauge(
      "turnpike_event_loop_delay_seconds",
      "how late the event loop was since the metrics were last read",
      [
        ...late("0.5", (p) => p.delayP50Seconds),
        ...late("0.99", (p) => p.delayP99Seconds),
        ...late("1", (p) => p.delayMaxSeconds),
      ],
    ),
  ];
};

const gauge = (name: string, help: string, values: readonly Sample[]): Family => ({
  name,
  help,
  type: "gauge",
  values,
});

const counter = (name: string, help: string, values: readonly Sample[]): Family => ({
  name,
  help,
  type: "counter",
  values,
});

const plain = (name: string, help: string, value: number | null): Family =>
  gauge(name, help, value === null ? [] : [{ labels: none, value }]);

const plainCounter = (name: string, help: string, value: number): Family =>
  counter(name, help, [{ labels: none, value }]);
