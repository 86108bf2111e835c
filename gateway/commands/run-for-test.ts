/** Runs command lines in tests: captures what is printed, and fills a data folder with events. */
import { Writable } from "node:stream";
import { configSchema } from "../config/schema.ts";
import type { Event } from "../model/event.ts";
import { newId } from "../model/ids.ts";
import { openProjectedLedger } from "../projected-ledger.ts";
import type { Ledger } from "../store/ledger.ts";
import type { Actions, Io } from "./context.ts";
import { runCommandLine } from "./program.ts";

export interface Captured extends Writable {
  readonly text: () => string;
}

/** A stream that keeps what is written; `seen` is told all so far after every piece. */
export const capture = (seen: (text: string) => void = () => {}): Captured => {
  let text = "";
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      text += chunk;
      seen(text);
      done();
    },
  });
  return Object.assign(stream, { text: () => text });
};

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export const run = async (
  argv: readonly string[],
  given: Partial<Omit<Io, "stderr">> & Partial<Actions> = {},
): Promise<Ran> => {
  const stdout = capture();
  const stderr = capture();
  const { start = () => Promise.reject(new Error("start is not given")), ...io } = given;
  const code = await runCommandLine(argv, { stdout, env: {}, isTerminal: false, ...io, stderr }, { start });
  return { code, out: stdout.text(), err: stderr.text() };
};

export const noon = Date.UTC(2026, 0, 31, 12);

/** A page view at noon, changed as given. */
export const someEvent = (change: Partial<Event> = {}): Event => ({
  id: newId(),
  property_id: "main",
  tracking_protocol: "native",
  type: "page",
  name: "page_view",
  timestamp_utc: noon,
  received_at: noon + 5,
  client_id: "0190a5b2-0000-7000-8000-00000000beef",
  page_path: "/pricing/",
  ...change,
});

export const experimentForTest = {
  key: "headline",
  variants: [{ key: "control" }, { key: "b" }],
  goals: [{ key: "purchase", event: "purchase", value: "value" }],
};

/** The ledger of a data folder, with the one experiment above. */
export const openLedgerForTest = (dir: string): Ledger => {
  const config = configSchema.parse({ experiments: [experimentForTest] });
  return openProjectedLedger(
    { ...config.data, dir, sites: config.sites, experiments: config.experiments },
    () => noon,
  );
};

export const store = (dir: string, events: readonly Event[]): void => {
  const ledger = openLedgerForTest(dir);
  const lines = events.map((event) => JSON.stringify(event));
  ledger.append({ lines, keyTimes: events.map((event) => event.timestamp_utc), rejects: [] });
  ledger.close();
};
