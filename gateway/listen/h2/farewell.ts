import { code, frameHead, frameType, mostWindow } from "./frames.ts";
import { goawayFrame } from "./settings-frame.ts";

/** What a client is told when its connection is to end, and up to which stream it is still heard (RFC 9113 §6.8). */
export class Farewell {
  /** streams above it are for another connection */
  taken = mostWindow;
  readonly #send: (frames: string) => void;
  #pingsLeft = 0;

  constructor(send: (frames: string) => void) {
    this.#send = send;
  }

  get isSaid(): boolean {
    return this.taken < mostWindow;
  }

  /** Once said, the last stream that is taken may only become an earlier one. */
  say(lastStream: number, kind: number): void {
    this.taken = Math.min(this.taken, lastStream);
    this.#send(goawayFrame(this.taken, kind));
  }

  /** The first of two words: every stream is still taken, until the client has answered two pings. */
  announce(): void {
    if (this.#pingsLeft > 0 || this.isSaid) return;
    this.#send(goawayFrame(mostWindow, code.none));
    this.#pingsLeft = 2; // a client may answer the first one before it has sent what it had begun
    this.#ping();
  }

  /** The client has answered a ping. Says whether it is time for the last word: nothing can be under way any more. */
  isTime(): boolean {
    if (this.#pingsLeft === 0) return false;
    if (--this.#pingsLeft === 0) return true;
    this.#ping();
    return false;
  }

  #ping(): void {
    this.#send(frameHead(8, frameType.ping, 0, 0) + "turnpike");
  }
}
