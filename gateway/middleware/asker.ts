import type { Upgrade } from "../http/exchange.ts";
import type { Reply } from "./guard.ts";

/** What a server is asked about, or instead of, a request. */
export interface Question {
  readonly method: string;
  /** path and query */
  readonly target: string;
  /** changes to the request's headers: lower-case name → value, null removes */
  readonly edits: ReadonlyMap<string, string | null>;
  readonly body: Buffer | null;
}

/** A server beside the upstreams. The room of the upstreams makes them, as it knows what may be sent on. */
export interface Asker {
  /** Rejects where there is no whole answer within the limits of time and size. */
  ask(x: Upgrade, question: Question): Promise<Reply>;
  /** Closes the connections once what was asked is answered; at once where nobody `waits`. */
  close(waits?: boolean): Promise<void>;
}

export interface AskerSettings {
  /** `http://HOST:PORT`, `https://HOST:PORT` or `unix:/PATH` */
  readonly url: string;
  readonly verify: boolean;
  /** for the whole answer */
  readonly timeoutMs: number;
  /** largest answer */
  readonly answerBytes: number;
  /** questions at once; more wait for as long as they may take */
  readonly connections: number;
}

export type AskerMaker = (settings: AskerSettings) => Asker;
