import type { Upgrade } from "../http/exchange.ts";
import type { Event, Problem } from "../model/event.ts";
import type { Privacy } from "../model/hit.ts";
import { newId } from "../model/ids.ts";
import type { Visitor } from "../model/visitor.ts";
import type { Ending } from "./watch-answer.ts";

/** What the room needs of the rooms of the event side. */
export interface RequestEventMaker {
  /** `privacy` says what may be worked out of the request. */
  readonly enrich: (event: Event, x: Upgrade, privacy: Privacy) => void;
  readonly maskIp: (address: string, level: number) => string | null;
  /** The visitor of the request as its cookies say: nobody is made one by a tracked request. */
  readonly visitorOf: (x: Upgrade) => Visitor;
  /** variants in force, experiment → variant; null without any */
  readonly variantsOf: (x: Upgrade, visitor: Visitor) => Readonly<Record<string, string>> | null;
}

export interface Finished {
  readonly x: Upgrade;
  readonly name: string;
  /** the template of the path */
  readonly path: string;
  /** the path of the route */
  readonly route: string;
  readonly ending: Ending;
  readonly websocket: boolean;
  /** ms since 1970 */
  readonly endedAt: number;
}

/**
 * The event of a finished request: of type log, so that it alone makes no visitor and no session. Neither bodies nor
 * headers nor queries enter it, and of the path what names nobody.
 */
export const requestEvent = (make: RequestEventMaker, finished: Finished): Event => {
  const { x, name, path, route, ending, websocket, endedAt } = finished;
  const visitor = make.visitorOf(x);
  const experiments = make.variantsOf(x, visitor);
  const problems = problemsOf(ending);
  const event: Event = {
    id: newId(),
    property_id: x.site.id,
    tracking_protocol: "gateway",
    type: "log",
    name,
    timestamp_utc: x.receivedAt,
    received_at: endedAt,
    page_hostname: x.host,
    page_path: path,
    status: ending.status,
    duration_ms: Math.max(0, endedAt - x.receivedAt),
    ...(visitor.privacy.consent ? { consent: visitor.privacy.consent } : {}),
    ...(experiments ? { experiments } : {}),
    ...(visitor.privacy.tracking === "full" ? personal(make, x, visitor) : {}),
    properties: {
      method: x.req.method ?? "GET",
      route,
      protocol: websocket ? "websocket" : `http/${x.req.httpVersionMajor === 2 ? "2" : x.req.httpVersion}`,
      request_bytes: ending.requestBytes,
      response_bytes: ending.responseBytes,
    },
    ...(problems ? { problems } : {}),
  };
  make.enrich(event, x, visitor.privacy);
  return event;
};

const personal = (make: RequestEventMaker, x: Upgrade, visitor: Visitor) => ({
  client_id: visitor.id,
  client_session_id: visitor.sessionId,
  ip_address: make.maskIp(x.address, x.site.ipMasking),
});

const problemsOf = ({ cut }: Ending): readonly Problem[] | null => {
  if (cut === null) return null;
  const problem =
    cut === "client"
      ? "the client left before the answer was over"
      : "the answer was cut off: what was behind it failed half-way";
  return [{ field: "status", problem }];
};
