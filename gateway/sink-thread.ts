/** Where the thread of a sink begins. */
import { setPriority } from "node:os";

// Requests and the writer come first, also while the rest is being loaded. Linux takes this for the calling thread
// alone, other systems for the whole process.
if (process.platform === "linux") setPriority(10);

await import("./sink-work.ts");
