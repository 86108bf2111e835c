/**
 * The room of what the gateway sees of a site by itself: finished requests of tracked routes as events, and which of the
 * served documents the script reported. Neither slows a request: events are made when it is over, and where
 * the store is behind they are counted and dropped.
 */
import type { Duplex } from "node:stream";
import type { Exchange, Handler, Upgrade } from "../http/exchange.ts";
import type { Keyed } from "../model/event.ts";
import { uuidTime } from "../model/ids.ts";
import { createPathFilter } from "./path-filter.ts";
import { createPathList } from "./path-list.ts";
import { type RequestEventMaker, requestEvent } from "./request-event.ts";
import type { TrackSettings } from "./settings.ts";
import { type Ending, watchAnswer, watchSocket } from "./watch-answer.ts";

export interface ObserverOptions {
  readonly make: RequestEventMaker;
  readonly append: (events: readonly Keyed[]) => Promise<void>;
  /** events of requests that may wait for the disk at once; hits need the room, too */
  readonly waiting: number;
  readonly now: () => number;
  /** told of each event that was not stored */
  readonly onDropped: () => void;
  /** told of a fault of ours while an event was made */
  readonly onError: (error: unknown, x: Upgrade) => void;
}

type TakeUpgrade = (x: Upgrade, socket: Duplex, head: Buffer) => void;

/** What a tracked route puts around its answers. */
export interface Observed {
  readonly handle: (next: Handler) => Handler;
  readonly upgrade: (next: TakeUpgrade) => TakeUpgrade;
}

export interface Observer {
  /** `base` is the path of the route. */
  route(settings: TrackSettings, base: string): Observed;
}

export const createObserver = (options: ObserverOptions): Observer => {
  let waiting = 0;

  const store = (keyed: Keyed): void => {
    if (waiting >= options.waiting) {
      options.onDropped();
      return;
    }
    waiting++;
    options
      .append([keyed])
      .catch(() => options.onDropped()) // the store has said why
      .finally(() => {
        waiting--;
      });
  };

  return {
    route(settings, base) {
      const methods: ReadonlySet<string> = new Set(settings.methods);
      const isTracked = createPathFilter(settings.include, settings.exclude);
      const paths = createPathList(settings.paths);
      const counts = (x: Upgrade) => methods.has(x.req.method ?? "") && isTracked(x.path);

      const record = (x: Upgrade, ending: Ending, websocket: boolean): void => {
        try {
          const path = paths.nameOf(x.path, ending.status);
          const { name } = settings;
          const endedAt = options.now();
          const finished = { x, name, path, route: base, ending, websocket, endedAt };
          const event = requestEvent(options.make, finished);
          store({ event, keyTime: uuidTime(event.id) });
        } catch (error) {
          options.onError(error, x); // runs in an event of the connection, where nobody else would catch it
        }
      };

      return {
        handle: (next) => (x: Exchange) => {
          if (counts(x)) watchAnswer(x, (ending) => record(x, ending, false));
          return next(x);
        },
        upgrade: (next) => (x, socket, head) => {
          if (counts(x)) watchSocket(socket, head, (ending) => record(x, ending, true));
          next(x, socket, head);
        },
      };
    },
  };
};
