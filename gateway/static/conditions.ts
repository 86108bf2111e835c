/** What identifies the present state of a file. */
export interface Validators {
  /** strong, with its quotes */
  readonly etag: string;
  /** ms since 1970, whole seconds: HTTP dates hold no more */
  readonly modifiedMs: number;
}

/** The conditional fields of a request, as received. */
export interface Conditions {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
  readonly ifUnmodifiedSince: string | undefined;
}

export type Verdict = "proceed" | "notModified" | "failed";

/** Weighs the conditions of a GET or HEAD in the order of RFC 9110 §13.2.2; a date that is none is not there. */
export const judgeConditions = (conditions: Conditions, validators: Validators): Verdict => {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  if (ifMatch !== undefined) {
    if (!listsEtag(ifMatch, validators.etag, false)) return "failed";
  } else if (isBefore(ifUnmodifiedSince, validators.modifiedMs)) return "failed";

  if (ifNoneMatch !== undefined) {
    return listsEtag(ifNoneMatch, validators.etag, true) ? "notModified" : "proceed";
  }
  const since = httpDate(ifModifiedSince);
  return since !== null && validators.modifiedMs <= since ? "notModified" : "proceed";
};

/**
 * A `Range` counts only if `If-Range` names exactly this state, by strong tag or by date (RFC 9110 §13.1.5). A date does
 * not say which coding the client has the first part of: with `tagOnly` it never counts.
 */
export const allowsRange = (ifRange: string | undefined, validators: Validators, tagOnly = false): boolean =>
  ifRange === undefined ||
  ifRange.trim() === validators.etag ||
  (!tagOnly && httpDate(ifRange) === validators.modifiedMs);

// If-Match compares strongly, so that a weak tag never matches; If-None-Match weakly (RFC 9110 §8.8.3.2).
const listsEtag = (list: string, etag: string, weakly: boolean): boolean => {
  if (list.trim() === "*") return true;
  for (const [, weak, tag] of list.matchAll(/(W\/)?("[^"]*")/g)) {
    if (tag === etag && (weakly || !weak)) return true;
  }
  return false;
};

const isBefore = (text: string | undefined, modifiedMs: number): boolean => {
  const date = httpDate(text);
  return date !== null && date < modifiedMs;
};

// Date.parse takes far more than HTTP dates; those three forms all end in GMT or in the year (RFC 9110 §5.6.7).
const httpDate = (text: string | undefined): number | null => {
  if (!text || !/^[A-Z][a-z]{2,8},? .*(GMT|\d{4})$/.test(text)) return null;
  const time = Date.parse(text.endsWith("GMT") ? text : `${text} GMT`);
  return Number.isNaN(time) ? null : time;
};
