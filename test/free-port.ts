import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * A port that no other test takes before this process ends, also while what listened on it is dead: it is below
 * those that the kernel gives out by itself (32,768 to 60,999), and a UDP port 10,000 above it is held as a sign for it.
 */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = randomInt(12_000, 22_000);
    if ((await isHeld(port)) && (await isFree(port))) return port;
  }
};

const isHeld = async (port: number): Promise<boolean> => {
  const socket = createSocket("udp4").bind({ port: port + 10_000, address: "127.0.0.1", exclusive: true });
  try {
    await once(socket, "listening");
    socket.unref();
    return true;
  } catch {
    socket.close();
    return false;
  }
};

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer().listen(port);
  try {
    await once(server, "listening");
    server.close();
    await once(server, "close");
    return true;
  } catch {
    return false;
  }
};
