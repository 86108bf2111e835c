import { cleanUrl } from "../clean-url.ts";
import { safe } from "../lib/safe.ts";
import { whenLeaving } from "../lib/when-leaving.ts";
import { mayStore } from "../privacy.ts";
import { view } from "../start.ts";

const key = "tp_last";

/** Not in the DOM types yet. */
type WithTemporal = Window & { readonly Temporal?: { readonly Now: { timeZoneId(): string } } };

/**
 * The page's first view, with what stays the same as long as it is open: the device, and the page before. Between the
 * pages of a site the referrer may be cut short, or missing; then the tab remembers it.
 */
export const viewFirst = (): void => {
  const referrer = cleanUrl(document.referrer);
  const isOwn = referrer === "" || referrer.startsWith(location.origin);
  const last = (isOwn && safe((): string => sessionStorage[key])()) || referrer;
  view({
    last,
    // Where there is no Temporal, the zone is not asked for: the first use of Intl takes a page 10 to 40 ms.
    tz: (window as WithTemporal).Temporal?.Now.timeZoneId(),
    w: innerWidth,
    h: innerHeight,
    sr: `${screen.width}x${screen.height}`,
  });
  whenLeaving(() => {
    if (mayStore()) sessionStorage[key] = cleanUrl();
  });
};
