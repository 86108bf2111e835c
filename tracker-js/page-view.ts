import { safe } from "./lib/safe.ts";
import type { Fields } from "./record.ts";

/**
 * Records one `page_view` per view: at load, at each navigation to another path or query, and when the page
 * comes back from the back/forward cache. Returns a function that records the view at once if it is due,
 * so that an event never comes before the view it happened on.
 */
export const watchPageViews = (
  pageLoad: string | undefined,
  record: (fields: Fields) => void,
): (() => void) => {
  let plid = pageLoad;
  let last = document.referrer;
  let seen: string | undefined;

  const view = (): void => {
    const here = location.pathname + location.search;
    if (here === seen || isPrerendering()) return;
    seen = here;
    record({
      ename: "page_view",
      type: "page",
      last: last || undefined,
      title: document.title,
      plid,
      tz: Intl.DateTimeFormat().resolvedOptions().timeZone,
      culture: navigator.language,
      w: innerWidth,
      h: innerHeight,
      sr: `${screen.width}x${screen.height}`,
    });
    plid = undefined;
    last = location.href;
  };

  // Not at once: routers set the title after the address, and some redirect by replacing what they pushed.
  const moved = () => void setTimeout(safe(view));
  wrap("pushState", moved);
  wrap("replaceState", moved);
  addEventListener("popstate", moved);
  document.addEventListener("prerenderingchange", safe(view));
  addEventListener(
    "pageshow",
    safe((event: PageTransitionEvent) => {
      if (!event.persisted) return;
      seen = undefined;
      view();
    }),
  );
  view();
  return view;
};

/** A page that the browser loads ahead may never be looked at. */
export const isPrerendering = (): boolean =>
  (document as Document & { readonly prerendering?: boolean }).prerendering === true; // not in the DOM types yet

const wrap = (method: "pushState" | "replaceState", moved: () => void): void => {
  const original = history[method];
  history[method] = function (...args) {
    original.apply(this, args);
    moved();
  };
};
