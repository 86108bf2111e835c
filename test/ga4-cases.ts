/**
 * The cases of `cases/ga4.json`: requests to the GA4 endpoints, and what the export must hold when they have been
 * replayed. A hit's `at` counts seconds from the first; `query` holds decoded texts. `events[].hit` is the number of
 * the hit, or `h.l` for line l of the body of hit h, and `columns` are some of the row's columns. `sessions` share the
 * stored hits out whole. `stored_hits` are the hits that give a row.
 */
import { readFileSync } from "node:fs";

export interface CaseHit {
  readonly at: number;
  readonly method?: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly received_at?: string;
  readonly remote_addr?: string;
}

export type Columns = Readonly<Record<string, unknown>>;

export interface ExpectedAnswer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly absent_headers?: readonly string[];
  readonly header_contains?: Readonly<Record<string, string | readonly string[]>>;
}

export interface Ga4Case {
  readonly id: string;
  readonly area: string;
  readonly config?: CaseConfig;
  readonly hits?: readonly CaseHit[];
  readonly expect: {
    readonly events?: readonly { readonly hit: number | string; readonly columns: Columns }[];
    readonly sessions?: readonly { readonly hits: readonly number[]; readonly columns?: Columns }[];
    readonly stored_hits?: readonly number[];
    readonly rows_written?: number;
    readonly http?: readonly ExpectedAnswer[];
    readonly startup_error?: true;
  };
}

export interface CaseConfig {
  readonly protocol?: string;
  readonly excluded_url_params?: readonly string[];
  readonly split?: "none" | CaseSplit;
  readonly usd_rate?: number | "unavailable";
  readonly join_by_session_stamp?: boolean;
  readonly join_by_user_id?: boolean;
  readonly sessions_timeout_s?: number;
  readonly trusted_proxies?: readonly string[];
  readonly ip_masking_level?: number;
  readonly filters?: unknown;
  readonly inject?: string;
}

interface CaseSplit {
  readonly by_campaign?: boolean;
  readonly by_user_id?: boolean;
  readonly max_events?: number;
  readonly time_since_first_event_s?: number;
}

export interface Ga4Table {
  readonly id: string;
  readonly columns: readonly string[];
  readonly base?: Readonly<Record<string, string>>;
  readonly rows: readonly (readonly unknown[])[];
}

const file = new URL("./cases/ga4.json", import.meta.url);
const read = JSON.parse(readFileSync(file, "utf8")) as {
  readonly tables: readonly Ga4Table[];
  readonly cases: readonly Ga4Case[];
};

export const ga4Cases = read.cases;

export const ga4Table = (id: string): Ga4Table => {
  const table = read.tables.find((one) => one.id === id);
  if (!table) throw new Error(`cases/ga4.json has no table ${id}`);
  return table;
};

/** The settings under which a case runs. */
export const settingsOf = (config: CaseConfig = {}): Record<string, unknown> => {
  const { protocol = "ga4", split = "none", usd_rate: rate = 1 } = config;
  const rules: CaseSplit = split === "none" ? {} : split;
  return {
    trustedProxies: config.trusted_proxies ?? [],
    sites: [
      {
        id: "main",
        protocols: [protocol],
        measurementIds: ["*"],
        excludedUrlParams: config.excluded_url_params ?? [],
        ipMasking: config.ip_masking_level ?? 0,
        identity: { allowWithoutOrigin: true },
        currencyRates: rate === "unavailable" ? {} : { EUR: rate },
        sessions: {
          idleMinutes: (config.sessions_timeout_s ?? 1800) / 60,
          maxHours: (rules.time_since_first_event_s ?? 12 * 3600) / 3600,
          maxEvents: rules.max_events ?? 1000,
          splitOnCampaign: rules.by_campaign ?? false,
          splitOnUser: rules.by_user_id ?? false,
          joinByStamp: config.join_by_session_stamp ?? true,
          joinByUser: config.join_by_user_id ?? true,
        },
        ...(config.filters === undefined ? {} : { filters: config.filters }),
      },
    ],
  };
};

const start = Date.UTC(2026, 0, 1);

/** ms since 1970 */
export const timeOf = (hit: CaseHit): number =>
  hit.received_at === undefined ? start + hit.at * 1000 : Date.parse(hit.received_at);

export const urlOf = (hit: CaseHit): string => {
  const query = new URLSearchParams(hit.query).toString();
  return query === "" ? hit.path : `${hit.path}?${query}`;
};

/** A hit as a line of a recording. */
export const lineOf = (hit: CaseHit): string =>
  JSON.stringify({
    at: timeOf(hit),
    method: hit.method ?? "POST",
    url: urlOf(hit),
    headers: { host: "collect.test", "user-agent": "Mozilla/5.0", ...lowerCase(hit.headers ?? {}) },
    ...(hit.body === undefined ? {} : { body: hit.body }),
    remote_address: hit.remote_addr ?? "203.0.113.7",
  });

const lowerCase = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
