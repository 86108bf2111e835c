/** How large the part of the heap is in which objects begin. */
import { setFlagsFromString } from "node:v8";

/**
 * Holds it, in every thread of the process, at the size it has. V8 doubles it as long as objects survive, to 128 MB a thread:
 * under load it would be most of what we take, and requests are answered no faster for it.
 */
export const holdYoungGeneration = (): void => setFlagsFromString("--semi-space-growth-factor=1");
