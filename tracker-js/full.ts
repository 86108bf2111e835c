/** track.full.js: track.js, and all that can be seen without being told. */
import "./observe/all.ts";
import "./run.ts";
