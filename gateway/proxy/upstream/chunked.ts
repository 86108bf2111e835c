import type { HeaderPairs } from "../header-pairs.ts";
import { UpstreamError } from "./upstream-error.ts";

const lineBytes = 4096;
const trailerBytes = 16_384;

type State = "size" | "data" | "data-end" | "trailer" | "done";

/** Takes the chunks off a body (RFC 9112 §7.1), strictly: what is not exactly as written there throws. */
export class ChunkedBody {
  #state: State = "size";
  #left = 0;
  #line = "";
  #trailerBytes = 0;
  readonly #trailers: string[] = [];

  get isDone(): boolean {
    return this.#state === "done";
  }

  get trailers(): HeaderPairs {
    return this.#trailers;
  }

  /** Hands on what `bytes` hold from `start`; answers where the body ended, or the length where it goes on. */
  read(bytes: Buffer, start: number, onData: (data: Buffer) => void): number {
    let at = start;
    while (at < bytes.length && this.#state !== "done") {
      if (this.#state === "data") {
        const end = Math.min(bytes.length, at + this.#left);
        this.#left -= end - at;
        if (this.#left === 0) this.#state = "data-end";
        onData(bytes.subarray(at, end));
        at = end;
      } else {
        at = this.#readLine(bytes, at);
      }
    }
    return at;
  }

  #readLine(bytes: Buffer, at: number): number {
    const lf = bytes.indexOf(0x0a, at);
    const end = lf < 0 ? bytes.length : lf + 1;
    this.#line += bytes.toString("latin1", at, end);
    if (this.#line.length > lineBytes) throw broken();
    if (lf < 0) return end;
    const line = this.#line;
    if (!line.endsWith("\r\n")) throw broken();
    this.#line = "";
    this.#take(line.slice(0, -2));
    return end;
  }

  #take(line: string): void {
    if (this.#state === "size") this.#takeSize(line);
    else if (this.#state === "data-end") this.#endData(line);
    else this.#takeTrailer(line);
  }

  #takeSize(line: string): void {
    const size = /^([0-9A-Fa-f]{1,12})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/.exec(line)?.[1];
    if (size === undefined) throw broken();
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? "trailer" : "data";
  }

  #endData(line: string): void {
    if (line !== "") throw broken();
    this.#state = "size";
  }

  #takeTrailer(line: string): void {
    if (line === "") {
      this.#state = "done";
      return;
    }
    this.#trailerBytes += line.length;
    const [, name, value] =
      /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[\t ]*([\t\x20-\x7e\x80-\xff]*?)[\t ]*$/.exec(line) ?? [];
    if (name === undefined || value === undefined || this.#trailerBytes > trailerBytes) throw broken();
    this.#trailers.push(name.toLowerCase(), value);
  }
}

const broken = (): UpstreamError =>
  new UpstreamError("malformed", "proxy: the upstream's chunks are malformed");
