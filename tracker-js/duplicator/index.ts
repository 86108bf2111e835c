/**
 * Copies the hits of GA4's tag to a gateway while they go on to Google. It stands before the tag:
 *
 *     <script src="https://shop.example/track.gtag.js" data-ids="G-ABC123"></script>
 */
import { type Destination, readDestination } from "./destination.ts";
import { createCopier } from "./send-copy.ts";
import { watchBeacons, watchElements, watchFetch, watchXhr } from "./watch.ts";

declare global {
  interface Window {
    /** where the copies go; a second tag of this script adds to it */
    trCopies?: Destination[];
  }
}

const destination = readDestination(document.currentScript as HTMLScriptElement); // never inside an SVG
if (window.trCopies) window.trCopies.push(destination);
else {
  window.trCopies = [destination];
  const copy = createCopier(window.trCopies, window.fetch.bind(window));
  for (const watch of [watchFetch, watchBeacons, watchXhr, watchElements]) watch(copy);
}
