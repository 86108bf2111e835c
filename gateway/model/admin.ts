/** What the admin listener's API answers, as types; the dashboard imports them with `import type`. */

/**
 * `GET /api/overview?after=SEQ`: all the live page shows, of the sites that its reader may see; `newest` holds only
 * events above `after`.
 */
export interface Overview {
  /** null: all of them */
  readonly sites: readonly string[] | null;
  /** ms since 1970, the gateway's clock */
  readonly now: number;
  /** where the site is served, e.g. http://localhost:8080 */
  readonly siteUrl: string;
  /** the `<script>` line for sites that cannot be fronted */
  readonly snippet: string;
  /** a page that Turnpike did not serve has reported a view */
  readonly snippetSeen: boolean;
  /** the shipped demo is what is being served */
  readonly demo: boolean;
  readonly totals: Totals;
  /** stored events in each of the last 60 seconds, oldest first; counted for all sites together alone */
  readonly perSecond: readonly number[] | null;
  readonly experiments: readonly ExperimentReport[];
  readonly checklist: readonly ChecklistItem[];
  /** in order of receipt, newest last, at most 50 */
  readonly newest: readonly NewestEvent[];
  /** null when all is well, else one sentence */
  readonly trouble: string | null;
  /**
   * since the start: exposures that were written after the page's first byte, exposures and events of tracked
   * requests that could not be written; counted for all sites together alone
   */
  readonly missed: {
    readonly exposuresLate: number;
    readonly exposuresLost: number;
    readonly requestsDropped: number;
  } | null;
  /** what only one of gateway and script saw lately; null where no page was served */
  readonly pageLoads: PageLoadSummary | null;
}

/** `GET /api/page-loads?days=7`: by day (UTC) and site, oldest first. */
export interface PageLoadsOfDay {
  readonly site: string;
  /** YYYY-MM-DD */
  readonly day: string;
  /** served, and reported by the script */
  readonly both: number;
  /** served, and never reported */
  readonly documentOnly: number;
  /** reported, with a page-load id whose document is not on record */
  readonly viewOnly: number;
  /** page views of no page load: routes within an open page, pages that others serve */
  readonly otherViews: number;
}

export interface PageLoadSummary {
  readonly days: number;
  readonly loads: number;
  readonly both: number;
  readonly documentOnly: number;
  readonly viewOnly: number;
  /** of all page loads, those that one side alone saw; 0…1 */
  readonly share: number;
  /** one sentence with the figure */
  readonly sentence: string;
}

export interface Totals {
  /** events of people; bots are apart */
  readonly events: number;
  readonly visitors: number;
  readonly sessions: number;
  readonly bots: number;
  /** finished requests of tracked routes */
  readonly requests: number;
  /** hits that could not be read at all */
  readonly rejects: number;
  /** visitors made up by `turnpike demo` */
  readonly demoVisitors: number;
}

export interface ChecklistItem {
  readonly key: "script" | "proxy" | "experiment" | "extension";
  readonly done: boolean;
  readonly title: string;
  /** what to do, or what was seen */
  readonly text: string;
}

export interface NewestEvent {
  readonly seq: number;
  readonly id: string;
  /** ms since 1970 */
  readonly receivedAt: number;
  readonly name: string;
  readonly type: string;
  /** last four characters of the visitor's id */
  readonly visitor: string | null;
  /** path or host and path of the page */
  readonly page: string | null;
  readonly value: number | null;
  readonly currency: string | null;
  /** the one of `variants` to show, without its experiment */
  readonly variant: string | null;
  /** in force, each as `experiment=variant`; of an exposure the one that was seen */
  readonly variants: readonly string[];
  /** what was asked and how it went, for a tracked request; null for all else */
  readonly request: {
    readonly method: string;
    readonly status: number | null;
    readonly durationMs: number | null;
  } | null;
  readonly bot: string | null;
  readonly demo: boolean;
  /** one sentence each */
  readonly problems: readonly string[];
}

export interface ExperimentReport {
  readonly key: string;
  readonly hypothesis: string;
  readonly status: string;
  /** people who saw more than one variant; taken out of the table */
  readonly multiple: number;
  /** P-value of the check that the split is as configured; null without people */
  readonly sampleRatioP: number | null;
  /** the day (UTC) on which the first of its people came; null while nobody has */
  readonly firstSeen: string | null;
  /** the day (UTC) on which the weights last changed, after which the split is judged; null where they never did */
  readonly splitSince: string | null;
  /** one sentence while the results are worked out again; null where the figures are those of now */
  readonly rebuilding: string | null;
  readonly goals: readonly GoalReport[];
}

export interface GoalReport {
  readonly goal: string;
  readonly variants: readonly VariantResult[];
  /** one sentence a person can act on */
  readonly sentence: string;
  /** null for a goal that has no value */
  readonly value: ValueReport | null;
}

export interface ValueReport {
  /** the control first */
  readonly variants: readonly ValueResult[];
  readonly sentence: string;
}

export interface ValueResult {
  readonly variant: string;
  /** of all who saw the variant */
  readonly mean: number;
  /** relative change of the mean against control; null for control and until the interval can be trusted */
  readonly lift: number | null;
  /** always-valid 95 % interval of the lift */
  readonly interval: readonly [number, number] | null;
}

export interface VariantResult {
  readonly variant: string;
  readonly control: boolean;
  readonly exposed: number;
  readonly converted: number;
  /** converted / exposed, 0…1 */
  readonly rate: number;
  readonly sum: number;
  readonly sumSquares: number;
  /** relative change of the conversion rate against control, e.g. 0.12; null for control or without data */
  readonly lift: number | null;
  /** always-valid 95 % interval of the lift */
  readonly interval: readonly [number, number] | null;
}
