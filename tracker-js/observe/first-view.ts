import { cleanUrl } from "../clean-url.ts";
import { safe } from "../lib/safe.ts";
import { whenLeaving } from "../lib/when-leaving.ts";
import { mayStore } from "../privacy.ts";
import { held, release, view } from "../start.ts";

/** Not in the DOM types yet. */
type WithTemporal = Window & { readonly Temporal?: { readonly Now: { timeZoneId(): string } } };

/**
 * The page's first view, with what stays the same as long as it is open: the device, and the page before. Between the
 * pages of a site the referrer may be cut short, or missing; then the tab remembers it.
 */
export const viewFirst = (): void => {
  view();
  // Read when the view is handed on, which is a task of its own: a page's first look at its storage and at the clock's
  // zone takes it a millisecond.
  held[0] &&= {
    ...held[0],
    get last() {
      const referrer = cleanUrl(document.referrer);
      const isOwn = !referrer || referrer.startsWith(location.origin);
      return (isOwn && safe((): string => sessionStorage["tp_last"])()) || referrer;
    },
    get tz() {
      // Where there is no Temporal, the zone is not asked for: the first use of Intl takes a page 10 to 40 ms.
      return (window as WithTemporal).Temporal?.Now.timeZoneId();
    },
    get w() {
      return innerWidth;
    },
    get h() {
      return innerHeight;
    },
    sr: `${screen.width}x${screen.height}`,
  };
  whenLeaving(() => {
    if (!mayStore()) return;
    release(); // who leaves at once still comes from the page before
    sessionStorage["tp_last"] = cleanUrl();
  });
};
