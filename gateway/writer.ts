/**
 * The writer's thread: joins the store with the projections that follow the journal. The only place, beside
 * `main.ts` and the command line, that sees several rooms.
 */
import { once } from "node:events";
import { parentPort } from "node:worker_threads";
import { systemClock } from "./lib/clock.ts";
import { openProjectedLedger, type ProjectionSettings } from "./projected-ledger.ts";
import { serveWriter } from "./store/writer-thread.ts";

if (!parentPort) throw new Error("writer: this file runs as a thread of the gateway");
const [settings] = await once(parentPort, "message");
const ledger = openProjectedLedger(settings as ProjectionSettings, systemClock, "in steps"); // from writer-ahead.ts, of this very type
serveWriter(ledger, parentPort, (changed) => ledger.configure(changed as ProjectionSettings)); // likewise
