import { cleanUrl } from "../clean-url.ts";
import { safe } from "../lib/safe.ts";
import { tell } from "./tell.ts";

const maxErrors = 5;

/** Errors that nobody caught, the first few of a page. */
export const observeErrors = (): void => {
  let count = 0;
  const tellOf = (message: unknown, file?: string, line?: number): void => {
    if (count++ >= maxErrors) return;
    tell("js_error", {
      file: file ? cleanUrl(file) : undefined,
      message: String(message).slice(0, 200),
      line,
    });
  };
  addEventListener(
    "error",
    safe(({ message, filename, lineno }: ErrorEvent) => tellOf(message, filename, lineno)),
  );
  addEventListener(
    "unhandledrejection",
    safe(({ reason }: PromiseRejectionEvent) => tellOf(reason)),
  );
};

/** A page that is not there: the browser knows the status it was answered with. */
export const observeNotFound = (): void => {
  const [entry] = performance.getEntriesByType("navigation") as (PerformanceNavigationTiming & {
    readonly responseStatus?: number; // not in the DOM types yet
  })[];
  if (entry?.responseStatus === 404) tell("page_not_found");
};
