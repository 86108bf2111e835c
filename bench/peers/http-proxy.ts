import { Agent, createServer } from "node:http";
import { createRequire } from "node:module";

/** The part used here: the package brings no types. */
interface HttpProxy {
  createProxyServer(options: { target: string | undefined; agent: Agent }): {
    web(req: unknown, res: unknown): void;
    ws(req: unknown, socket: unknown, head: unknown): void;
    on(event: "error", listener: (error: Error) => void): void;
  };
}

const [port, target] = process.argv.slice(2);
const { createProxyServer } = createRequire(import.meta.url)("http-proxy") as HttpProxy;
const proxy = createProxyServer({ target, agent: new Agent({ keepAlive: true }) });
proxy.on("error", () => {}); // wrk hangs up in mid-request at the end
createServer((req, res) => proxy.web(req, res))
  .on("upgrade", (req, socket, head) => {
    socket.on("error", () => {}); // one that was cut off must not end the process
    proxy.ws(req, socket, head);
  })
  .listen(Number(port), "127.0.0.1");
