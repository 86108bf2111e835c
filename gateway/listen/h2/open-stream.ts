import { readPriority } from "./priority.ts";
import { BareRequest, type Peer, WaitingBody } from "./request.ts";
import type { RequestHead } from "./request-head.ts";
import { H2Response } from "./response.ts";
import { H2Stream, type Line } from "./stream.ts";

export interface Opened {
  readonly stream: H2Stream;
  readonly req: BareRequest | WaitingBody;
  readonly res: H2Response;
}

/** A stream with its request, and the answer that it waits for; `room` is what the client takes of that at first. */
export const openStream = (
  id: number,
  line: Line,
  peer: Peer,
  head: RequestHead,
  { room, isWhole }: { readonly room: number; readonly isWhole: boolean },
): Opened => {
  const stream = new H2Stream(id, line, { room, isWhole, length: head.length });
  const req = isWhole ? new BareRequest(stream, head, peer) : new WaitingBody(stream, head, peer);
  if (req instanceof WaitingBody) stream.body = req;
  const res = new H2Response(req, stream);
  stream.res = res;
  const priority = head.headers["priority"];
  if (priority !== undefined) Object.assign(stream, readPriority(String(priority)));
  return { stream, req, res };
};
