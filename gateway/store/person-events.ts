import type { Db } from "./database.ts";
import { insertRows } from "./insert-rows.ts";

/** Which events are whose. What a step adds is written at once; whoever reads the table before has it written first. */
export interface PersonEvents {
  add(person: number, timestamp: number, seq: number): void;
  /** Writes what was added; must run inside the transaction. */
  flush(): void;
  /** The transaction was rolled back. */
  forget(): void;
}

export const createPersonEvents = (db: Db): PersonEvents => {
  const insert = insertRows(db, "FAIL", "person_events", ["person", "timestamp", "seq"]);
  let waiting: number[] = [];
  return {
    add(person, timestamp, seq) {
      waiting.push(person, timestamp, seq);
    },
    flush() {
      if (waiting.length === 0) return;
      insert(waiting);
      waiting = [];
    },
    forget() {
      waiting = [];
    },
  };
};
