import { safe } from "./safe.ts";

/**
 * Calls `hidden` when the page may never be seen again (a closed app on a phone fires nothing else), and
 * `left` when its document goes. Browsers fire the two in either order.
 */
export const whenLeaving = (hidden: () => void, left: () => void): void => {
  document.addEventListener(
    "visibilitychange",
    safe(() => {
      if (document.visibilityState === "hidden") hidden();
    }),
  );
  addEventListener("pagehide", safe(left));
};
