/** track.legacy.js: track.js for pages that were made for the original scripts. */
import "./legacy/carry-over.ts";
import "./legacy/globals.ts";
import "./legacy/first-view.ts";
import "./legacy/link-domains.ts";
import "./run.ts";
