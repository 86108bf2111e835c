/** How much garbage the part of the heap may hold in which objects end that were not soon dropped. */
import { setFlagsFromString } from "node:v8";

/**
 * Lets it grow by a third before it is collected. V8 would let it become several times as
 * large: of each connection some kilobytes end there, so that ten thousand websockets that had come and gone took 70 MB, of
 * which nothing was in use. A collection holds the others up by some milliseconds, and comes after some thousand connections.
 */
export const boundOldGeneration = (): void => setFlagsFromString("--heap-growing-percent=30");
