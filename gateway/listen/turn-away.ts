/** Connections that may not stay: told so where they can read it, or closed. */
import type { Server, Socket } from "node:net";
import { rawAnswer } from "./malformed.ts";

/** What may become of a new connection; one that is banned, or closed for want of anything, is told nothing. */
export type Entry = "open" | "full" | "banned" | "closed";

/** Puts `enter` before whatever the server does with a connection; to be called when all of that is in place. */
export const guardDoor = (server: Server, enter: (socket: Socket) => Entry, isEncrypted: boolean): void => {
  const taking = server.listeners("connection");
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    const entry = enter(socket);
    if (entry === "open") for (const take of taking) take.call(server, socket);
    // An answer in the clear could not be read by a client that speaks TLS.
    else if (entry === "full" && !isEncrypted) refuse(socket);
    else socket.destroy();
  });
};

/** So many are told why at once; a flood of others is only closed. */
const mostTold = 200;
const lingerMs = 500;
let told = 0;

/** What the client sends meanwhile is read away: closing over unread bytes would take the answer with it. */
const refuse = (socket: Socket): void => {
  socket.on("error", () => socket.destroy());
  if (told >= mostTold) {
    socket.destroy();
    return;
  }
  told++;
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.on("close", () => {
    clearTimeout(timer);
    told--;
  });
  socket.resume();
  socket.on("end", () => socket.destroy());
  socket.end(rawAnswer(503, "too many connections are open: try again in a moment", "Retry-After: 5\r\n"));
};
