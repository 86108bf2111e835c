/** An upstream that keeps every byte it is sent, and says what a test wants it to say. */
import { type AddressInfo, createServer, type Socket } from "node:net";

export interface ScriptUpstream {
  readonly url: string;
  /** From now on it answers so, and has been asked nothing. */
  prepare(answer: string | undefined, hangsUp: boolean): void;
  /** all it was sent since, latin1 */
  asked(): string;
  close(): Promise<void>;
}

const plain = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";

export const startScriptUpstream = async (): Promise<ScriptUpstream> => {
  let text = "";
  let answer = plain;
  let closes = false;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    let unread = "";
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
    socket.on("data", (bytes) => {
      text += bytes.toString("latin1");
      unread += bytes.toString("latin1");
      for (let end = endOfRequest(unread); end > 0; end = endOfRequest(unread)) {
        unread = unread.slice(end);
        socket.write(answer, "latin1");
        if (closes) socket.end();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // listening on TCP
  return {
    url: `http://127.0.0.1:${port}`,
    prepare(next = plain, hangsUp) {
      text = "";
      answer = next;
      closes = hangsUp;
    },
    asked: () => text,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
};

/** Where the first request of the bytes ends, 0 where it has not come whole. */
export const endOfRequest = (text: string): number => {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return 0;
  const head = text.slice(0, end).toLowerCase();
  const start = end + 4;
  if (/\r\ntransfer-encoding:/.test(head)) return endOfChunks(text, start);
  const stop = start + Number(/\r\ncontent-length:[ \t]*(\d+)/.exec(head)?.[1] ?? 0);
  return stop > text.length ? 0 : stop;
};

const endOfChunks = (text: string, start: number): number => {
  for (let at = start; ; ) {
    const end = text.indexOf("\r\n", at);
    if (end < 0) return 0;
    const size = Number.parseInt(text.slice(at, end), 16);
    if (size === 0) {
      const stop = text.indexOf("\r\n\r\n", end);
      return stop < 0 ? 0 : stop + 4;
    }
    at = end + 4 + size;
    if (Number.isNaN(size) || at > text.length) return 0;
  }
};
