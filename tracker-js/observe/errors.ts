import { cleanUrl } from "../clean-url.ts";
import { safe } from "../lib/safe.ts";
import { tell } from "../start.ts";

/** Errors that nobody caught, the first few of a page. */
export const observeErrors = (): void => {
  let count = 0;
  // The first says a message, the second a reason. Not `on`: on their way down come those of images and scripts, too.
  ["unhandledrejection", "error"].map((type) =>
    addEventListener(
      type,
      safe((event) => {
        const { message, reason, filename, lineno: line } = event as ErrorEvent & PromiseRejectionEvent;
        // More of one page would tell nothing new.
        if (count++ < 5) {
          tell("js_error", {
            line,
            file: filename ? cleanUrl(filename) : undefined,
            message: String(message ?? reason).slice(0, 200),
          });
        }
      }),
    ),
  );
};

/** A page that is not there: the browser knows the status it was answered with. */
export const observeNotFound = (): void => {
  const [entry] = performance.getEntriesByType("navigation") as (PerformanceNavigationTiming & {
    readonly responseStatus?: number; // not in the DOM types yet
  })[];
  if (entry?.responseStatus === 404) tell("page_not_found");
};
