import { ConnectionError, code } from "./frames.ts";
import { connectionWindow } from "./settings-frame.ts";

/** What a client may still send of bodies, on all streams of a connection together. */
export class OurWindow {
  #left = connectionWindow;

  /** Takes so many bytes of it; answers by how many it grows again, 0 as long as half of it is left. */
  take(bytes: number): number {
    this.#left -= bytes;
    if (this.#left < 0) throw new ConnectionError("more than the window lets through", code.flowControl);
    if (this.#left >= connectionWindow / 2) return 0;
    const more = connectionWindow - this.#left;
    this.#left = connectionWindow;
    return more;
  }
}
