import type { Exchange } from "../http/exchange.ts";
import type { Keyed } from "../model/event.ts";
import type { Assignment } from "../model/experiment.ts";
import { parseUuid } from "../model/ids.ts";
import type { Visitor } from "../model/visitor.ts";
import type { Missed } from "./document.ts";
import { type EventMaker, exposureEvent } from "./gateway-events.ts";

export interface ExposeOptions {
  readonly make: EventMaker;
  /** Resolves on commit. */
  readonly append: (events: readonly Keyed[]) => Promise<void>;
  readonly isBot: (userAgent: string | undefined) => boolean;
  readonly missed: Missed;
}

/** Who sees variants on a page that another server sent. */
export interface SeenElsewhere {
  readonly visitor: Visitor;
  /** the id that the page's script keeps */
  readonly visitorId: string;
  readonly page: string;
  readonly assignments: readonly Assignment[];
}

/** Records the exposures of a page that is not ours to serve, once it has asked for its variants. Never rejects. */
export const exposeSeen =
  ({ make, append, isBot, missed }: ExposeOptions) =>
  async (x: Exchange, { visitor, visitorId, page, assignments }: SeenElsewhere): Promise<void> => {
    if (isBot(x.req.headers["user-agent"])) return;
    // As a hit of the same script is read: ids of old scripts in one form.
    const id = parseUuid(visitorId) ?? visitorId;
    const served = {
      x,
      visitor: { ...visitor, id },
      pageLoadId: null,
      status: 200,
      page,
      experiments: Object.fromEntries(assignments.map((a) => [a.experiment, a.variant])),
    };
    try {
      await append(assignments.map((assignment) => exposureEvent(make, served, assignment)));
    } catch {
      // The store has said why; the page is told its variants all the same.
      missed.exposuresLost += assignments.length;
    }
  };
