/** When the owner of a data folder seals and prunes by itself. */
import type { Clock } from "../../lib/clock.ts";
import type { Keeper } from "./keeper.ts";
import { dayOf } from "./segment.ts";
import type { Plan } from "./writing.ts";

export interface ScheduleOptions {
  readonly keeper: Keeper;
  readonly clock: Clock;
  readonly sealMinutes: number;
  /** null keeps events for ever */
  readonly keepDays: number | null;
  readonly onError: (error: unknown) => void;
}

const lookEveryMs = 60_000;
/** So many events are sealed at once, however young: reports read what is not sealed more slowly. */
const enoughEvents = 100_000;
const dayMs = 86_400_000;

/** Brings the folder in order, then looks every minute whether there is something to do. Answers how to stop it. */
export const startSchedule = (options: ScheduleOptions): (() => void) => {
  const { keeper, clock, keepDays, onError } = options;
  let prunedOn = "";
  const look = async (): Promise<void> => {
    const now = clock();
    if (isDue(await keeper.plan(), now, options.sealMinutes)) {
      const report = await keeper.seal();
      warn(report);
      warnOfDamage(report.damaged?.join("; ") ?? "");
    }
    if (keepDays === null || prunedOn === dayOf(now)) return;
    const pruned = await keeper.prune(dayOf(now - keepDays * dayMs), null);
    warn(pruned);
    if (pruned.unsealed)
      tell(new Error(pruned.unsealed)); // what is too old among it goes with the next look
    else prunedOn = dayOf(now);
  };
  let isStopped = false;
  const tell = (error: unknown): void => {
    if (!isStopped) onError(error); // what stopping cuts short is no failure
  };
  const warn = ({ uncounted }: { readonly uncounted?: string }): void => {
    if (uncounted) tell(new Error(`store: ${uncounted}`));
  };
  let toldDamage = "";
  /** Once, not after every sealing. */
  const warnOfDamage = (damage: string): void => {
    if (damage !== "" && damage !== toldDamage) tell(new Error(`${damage}; what comes is sealed beside it`));
    toldDamage = damage;
  };
  let looking = keeper.recover().catch(tell);
  const timer = setInterval(() => {
    looking = looking.then(look).catch(tell);
  }, lookEveryMs);
  return () => {
    isStopped = true;
    clearInterval(timer);
  };
};

/** Whether enough has gathered, or the oldest has waited long enough. */
export const isDue = ({ watermark, upTo, oldest }: Plan, now: number, sealMinutes: number): boolean =>
  upTo > watermark &&
  (upTo - watermark >= enoughEvents || (oldest !== null && now - oldest >= sealMinutes * 60_000));
