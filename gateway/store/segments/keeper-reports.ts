/** What a keeper of sealed files answers when it has done something. */
import type { Erased } from "./erase-tables.ts";

export interface Uncounted {
  /** what follows where the numbers of the live page could not be counted after it; all else is done */
  readonly uncounted?: string;
}

export interface SealReport extends Uncounted {
  readonly events: number;
  /** files that were written */
  readonly files: number;
  /** sealed files that are not as they were written, and stay so: a sentence each */
  readonly damaged?: readonly string[];
}

export interface PruneReport extends Uncounted {
  readonly events: number;
  readonly files: number;
  /** why what is not sealed yet could not be sealed, and stays, however old */
  readonly unsealed?: string;
}

export interface EraseReport extends Erased, Uncounted {
  /** sealed files that were written anew, or removed */
  readonly files: number;
  /** something was stored of them */
  readonly found: boolean;
}

export interface VisitorToErase {
  readonly column: "client_id" | "user_id";
  readonly value: string;
  readonly site: string | null;
}
