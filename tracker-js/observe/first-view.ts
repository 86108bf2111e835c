import { cleanUrl } from "../clean-url.ts";
import type { Fields } from "../core-api.ts";
import { safe } from "../lib/safe.ts";
import { whenLeaving } from "../lib/when-leaving.ts";
import { isSilent, mayStore } from "../privacy.ts";
import { held, release } from "../start.ts";

/** Not in the DOM types yet. */
type WithTemporal = Window & { readonly Temporal?: { readonly Now: { timeZoneId(): string } } };

// The first that is held is the first view, but for events of a page that is loaded ahead; it goes with what stays the same
// as long as the page is open.
(held as { push?: (first: Fields) => unknown }).push = (first) => {
  delete (held as { push?: unknown }).push;
  // biome-ignore lint/suspicious/noAssignInExpressions: shorter
  return (held[0] = {
    ...first,
    // Where there is no Temporal, the zone is not asked for: the first use of Intl takes a page 10 to 40 ms.
    tz: (window as WithTemporal).Temporal?.Now.timeZoneId(),
    // A page's first look at its storage takes a millisecond, and how large it is waits for its whole layout.
    get last() {
      const referrer = first.last;
      // Nothing, or an address of this site, has nothing in front of the site's own.
      return (
        // biome-ignore lint/suspicious/noDoubleEquals: shorter
        (referrer?.split(location.origin)[0] == "" && safe((): string => sessionStorage["tp_last"])()) ||
        referrer
      );
    },
    get h() {
      return innerHeight;
    },
    get w() {
      return innerWidth;
    },
    sr: `${screen.width}x${screen.height}`,
  });
};
// So they are asked in a task of their own, after the first frame and before the view is handed on.
// biome-ignore lint/suspicious/noAssignInExpressions: shorter
setTimeout(() => isSilent() || (held[0] &&= { ...held[0] }), 99);

// Between the pages of a site the referrer may be cut short, or missing; then the tab remembers it.
whenLeaving(() => {
  if (!mayStore()) return;
  release(); // who leaves at once still comes from the page before
  sessionStorage["tp_last"] = cleanUrl();
});
