import { cleanUrl } from "../clean-url.ts";
import { safe } from "../lib/safe.ts";
import { record } from "../start.ts";

const maxErrors = 5;

/** Errors that nobody caught, the first few of a page. */
export const observeErrors = (): void => {
  let count = 0;
  const tell = (message: unknown, file?: string, line?: number): void => {
    if (count++ >= maxErrors) return;
    const params = { message: String(message).slice(0, 200), file: file ? cleanUrl(file) : undefined, line };
    record({ ename: "js_error", type: "track", params });
  };
  addEventListener(
    "error",
    safe(({ message, filename, lineno }: ErrorEvent) => tell(message, filename, lineno)),
  );
  addEventListener(
    "unhandledrejection",
    safe(({ reason }: PromiseRejectionEvent) => tell(reason)),
  );
};

/** A page that is not there: the browser knows the status it was answered with. */
export const observeNotFound = (): void => {
  const [entry] = performance.getEntriesByType("navigation") as (PerformanceNavigationTiming & {
    readonly responseStatus?: number; // not in the DOM types yet
  })[];
  if (entry?.responseStatus === 404) record({ ename: "page_not_found", type: "track" });
};
