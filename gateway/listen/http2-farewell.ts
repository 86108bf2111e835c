/**
 * How clients of HTTP/2 are sent to the process that takes this one's place, as RFC 9113 §6.8 describes it: a first word after
 * which every stream is still taken, and a last one when the client can have none under way any more. Both need a request
 * that is being answered: without one Node reads nothing more after the first word (nghttp2 calls the connection done),
 * and what was under way would never be answered. So the first word goes out with the next request, which is held for
 * the two round trips, and a connection without one is closed in its time.
 */
import { constants, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";

export interface Farewells {
  /** Looks after a connection until it is closed. */
  keep(session: ServerHttp2Session): void;
  /** From now on each connection is let go with its next request. */
  begin(): void;
  /** Once it has begun: lets those go as well that had no further request. */
  hurry(): void;
  /** Calls `answer` at once, or when the connection's client knows that it should go. */
  hold(stream: ServerHttp2Stream, answer: () => void): void;
}

interface Guest {
  readonly session: ServerHttp2Session;
  /** streams that are not closed */
  open: number;
  /** where the client has heard the first word, and nobody knows yet whether it knows: what waits for that */
  held: (() => void)[] | null;
  isGoing: boolean;
}

export const createFarewells = (): Farewells => {
  const guests = new Map<ServerHttp2Session, Guest>();
  let hasBegun = false;
  return {
    keep(session) {
      const guest: Guest = { session, open: 0, held: null, isGoing: false };
      guests.set(session, guest);
      session.on("stream", (stream) => {
        guest.open++;
        stream.once("close", () => leave(guest));
      });
      session.once("close", () => guests.delete(session));
    },
    begin() {
      hasBegun = true;
    },
    hurry() {
      for (const guest of guests.values()) {
        if (guest.open === 0) guest.session.close();
        else letGo(guest);
      }
    },
    hold(stream, answer) {
      const guest = stream.session && guests.get(stream.session as ServerHttp2Session); // a server's stream is of a server's session
      if (!hasBegun || !guest) {
        answer();
        return;
      }
      letGo(guest);
      if (guest.held) guest.held.push(() => stream.destroyed || answer());
      else answer();
    },
  };
};

const letGo = (guest: Guest): void => {
  const { session } = guest;
  if (guest.isGoing || session.closed || session.destroyed) return;
  guest.isGoing = true;
  guest.held = [];
  session.goaway(constants.NGHTTP2_NO_ERROR, 2 ** 31 - 1);
  // A client may answer with a last word of its own before it has sent the requests that it had begun. Node closes the
  // session then, which would refuse them.
  session.close = () => {};
  // Two, because a client may answer the first ping, too, before it has sent them.
  afterRoundTrips(session, 2, () => close(guest));
};

/** The last word goes before the answers that were held: behind them a client may read no more. */
const close = (guest: Guest): void => {
  const { session, held } = guest;
  guest.held = null;
  Reflect.deleteProperty(session, "close");
  session.close();
  for (const answer of held ?? []) answer();
};

/** The last stream ended while the client was being told: Node reads nothing more. */
const leave = (guest: Guest): void => {
  guest.open--;
  if (guest.open === 0 && guest.held) close(guest);
};

const afterRoundTrips = (session: ServerHttp2Session, n: number, then: () => void): void => {
  const next = (): void => {
    if (session.closed || session.destroyed) return;
    if (n === 1) then();
    else afterRoundTrips(session, n - 1, then);
  };
  if (!session.ping(next)) next();
};
