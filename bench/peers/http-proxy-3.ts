import { Agent, createServer } from "node:http";
import { createProxyServer } from "http-proxy-3";

const [port, target = ""] = process.argv.slice(2);
const proxy = createProxyServer({ target, agent: new Agent({ keepAlive: true }) });
proxy.on("error", () => {}); // wrk hangs up in mid-request at the end
createServer((req, res) => proxy.web(req, res))
  .on("upgrade", (req, socket, head) => {
    socket.on("error", () => {}); // one that was cut off must not end the process
    proxy.ws(req, socket, head);
  })
  .listen(Number(port), "127.0.0.1");
