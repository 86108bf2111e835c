import type { Experiment } from "./experiment.ts";

/** A site as the gateway knows it: settings with every default filled in. */
export interface Site {
  readonly id: string;
  /** exact names, `*.example.com`, or `*`; lower case */
  readonly hosts: readonly string[];
  readonly protocols: readonly string[];
  readonly writeKeys: readonly string[];
  readonly timezone: string;
  /** `required`: nothing is kept of a visitor who has not said yes */
  readonly consent: "required" | "assumed";
  readonly sessions: SessionRules;
  /** 0 keeps addresses, 1 masks to /24 and /48, … 4 drops them */
  readonly ipMasking: number;
  readonly excludedUrlParams: readonly string[];
  /** pepper of the original tracker's contact hashes */
  readonly legacyPepper: string;
  readonly cookies: CookieNames;
  /** registrable domain for the cookies; null: worked out from the request's host */
  readonly cookieDomain: string | null;
  readonly experiments: readonly Experiment[];
}

export interface CookieNames {
  readonly visitor: string;
  readonly session: string;
  readonly referrer: string;
  readonly params: string;
  readonly experiments: string;
}

/** When a person's next event starts a new session. */
export interface SessionRules {
  /** may be a fraction */
  readonly idleMinutes: number;
  readonly maxHours: number;
  readonly maxEvents: number;
  readonly splitOnCampaign: boolean;
  readonly splitOnUser: boolean;
}
