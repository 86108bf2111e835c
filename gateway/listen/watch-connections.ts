import type { Server } from "node:http";

const watched = new WeakSet<Server>();

/**
 * Has a server that does not listen look after the connections it is given. Node cuts heads that take too long, and
 * knows which connections are idle, only once a server has said that it listens.
 */
export const watchConnections = (server: Server): void => {
  if (server.listening || watched.has(server)) return;
  watched.add(server);
  server.emit("listening");
};
