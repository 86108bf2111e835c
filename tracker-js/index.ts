/** track.js: what most sites need. */
import "./run.ts";
