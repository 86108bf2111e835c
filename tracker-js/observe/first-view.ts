import { cleanUrl } from "../clean-url.ts";
import { safe } from "../lib/safe.ts";
import { whenLeaving } from "../lib/when-leaving.ts";
import { mayStore } from "../privacy.ts";
import { view } from "../start.ts";

const key = "tp_last";

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
    tz: Intl.DateTimeFormat().resolvedOptions().timeZone,
    w: innerWidth,
    h: innerHeight,
    sr: `${screen.width}x${screen.height}`,
  });
  whenLeaving(() => {
    if (mayStore()) sessionStorage[key] = cleanUrl();
  });
};
