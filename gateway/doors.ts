/**
 * The public ports where several processes answer: opened here, by the process that lives through all of theirs, and each
 * new connection given to the next worker in turn.
 */
import { createServer, type Server, type Socket } from "node:net";
import { type Bound, bind, descriptorOf } from "./listen/bind.ts";
import { type Entry, guardDoor } from "./listen/turn-away.ts";

export interface Door {
  readonly bound: Bound;
  descriptor(): number | null;
  /** A connection that was given away and came back: to somebody else, or it waits for a worker. */
  take(socket: Socket): void;
  /** Takes no more connections. */
  close(): void;
}

export interface DoorOptions {
  readonly address: string;
  readonly portHint: (freeAddress: string) => string;
  readonly inherited: number | undefined;
  /** What may become of a new connection, before it is given to anybody. */
  readonly enter: (socket: Socket) => Entry;
  readonly isEncrypted: boolean;
  /** Gives the connection to a worker; false when there is none. */
  readonly give: (socket: Socket) => boolean;
}

/** Connections that wait for a worker to start. */
const mostWaiting = 1000;
const lookEveryMs = 50;

export const openDoor = async (options: DoorOptions): Promise<Door> => {
  const { address, portHint, inherited, enter, isEncrypted, give } = options;
  let waiting: Socket[] = [];
  let closed = false;
  const take = (socket: Socket): void => {
    if (closed) socket.destroy();
    else if (give(socket)) return;
    else if (waiting.length < mostWaiting) waiting.push(socket);
    else socket.destroy();
  };
  const server: Server = createServer({ pauseOnConnect: true }, (socket) => {
    socket.on("error", () => socket.destroy()); // a client that is gone
    take(socket);
  });
  guardDoor(server, enter, isEncrypted);
  const bound = await bind(server, address, portHint, inherited);
  const again = setInterval(() => {
    waiting = waiting.filter((socket) => !socket.destroyed && !give(socket));
  }, lookEveryMs);
  again.unref();
  return {
    bound,
    descriptor: () => descriptorOf(server),
    take,
    close() {
      closed = true;
      clearInterval(again);
      for (const socket of waiting) socket.destroy();
      if (server.listening) server.close();
    },
  };
};
