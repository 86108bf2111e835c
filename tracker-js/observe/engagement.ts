import { on } from "../lib/on.ts";
import { whenLeaving } from "../lib/when-leaving.ts";
import { tell } from "../start.ts";

/** One event at hide: how long the page was looked at since the last, and how far it was scrolled. */
export const observeEngagement = (): void => {
  let since = 0;
  let deepest = 0;
  let engagedMs = 0;

  const count = (goesOn?: unknown): void => {
    if (since) engagedMs += performance.now() - since;
    since = document.hasFocus() && goesOn && !document.hidden ? performance.now() : 0;
  };
  const measure = (): void => {
    const { scrollHeight } = document.documentElement;
    deepest = Math.max(deepest, Math.min(100, Math.round((100 * (scrollY + innerHeight)) / scrollHeight)));
  };
  on("visibilitychange focus blur", count);
  on("scroll", measure);
  count(true);
  whenLeaving(() => {
    // A page that goes is hidden a moment later, which nobody looks at.
    count();
    const engagement_ms = Math.round(engagedMs);
    if (!engagement_ms) return;
    // Not before: asking for the height of a page that is being built costs a layout.
    measure();
    tell("engagement", { engagement_ms, scroll_percent: deepest });
    engagedMs = 0;
  });
};
