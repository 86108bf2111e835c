import type { WireEvent } from "../gateway/model/wire.ts";
import type { Identity } from "./identity.ts";
import { safe } from "./lib/safe.ts";
import { uuid7 } from "./lib/uuid7.ts";

/** The fields of an event that its maker gives; old pages give others than the wire format names. */
export type Fields = { readonly [Key in keyof WireEvent]?: WireEvent[Key] | undefined } & Readonly<
  Record<string, unknown>
>;

export interface Recorder {
  record(fields: Fields): void;
  /** Tries again to send what was held back. */
  release(): void;
}

const maxHeld = 100;

/** Makes events of fields and hands them on as texts; while `isBlocked` says so they stay here, without ids. */
export const createRecorder = (
  send: (text: string) => void,
  identity: Identity | null,
  isBlocked: () => boolean,
): Recorder => {
  let seq = 0;
  let held: object[] = [];
  const ids = safe(() => identity?.());
  // An event that is no JSON (a cycle, a BigInt) takes no other with it.
  const seal = safe((event: object) => send(JSON.stringify({ ...event, ...ids() })));
  const release = (): void => {
    if (isBlocked()) return;
    const events = held;
    held = [];
    for (const event of events) seal(event);
  };
  return {
    record(fields) {
      const created = Date.now();
      const eid = uuid7(created);
      // `eid` stays first: the queue reads an event's age there. In old pages it named the experiment.
      const event = { eid, ename: "event", type: "track", created, seq: seq++, url: location.href };
      if (held.length < maxHeld) held.push({ ...event, ...fields, xid: fields["xid"] || fields.eid, eid });
      release();
    },
    release,
  };
};
