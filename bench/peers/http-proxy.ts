import { Agent, createServer } from "node:http";
import { createRequire } from "node:module";

/** The part used here: the package brings no types. */
interface HttpProxy {
  createProxyServer(options: { target: string | undefined; agent: Agent }): {
    web(req: unknown, res: unknown): void;
    on(event: "error", listener: (error: Error) => void): void;
  };
}

const [port, target] = process.argv.slice(2);
const { createProxyServer } = createRequire(import.meta.url)("http-proxy") as HttpProxy;
const proxy = createProxyServer({ target, agent: new Agent({ keepAlive: true }) });
proxy.on("error", () => {}); // wrk hangs up in mid-request at the end
createServer((req, res) => proxy.web(req, res)).listen(Number(port), "127.0.0.1");
