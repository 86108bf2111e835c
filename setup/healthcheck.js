// Asks the admin listener of this machine whether the gateway is there: node setup/healthcheck.js PORT
// For supervisors, such as that of a container; ends with 0 where it is, else with 1.
import { get } from "node:https";

const port = process.argv[2] ?? "8081";
// The certificate is the local authority's, and the way does not leave this machine.
const options = { host: "127.0.0.1", port, path: "/healthz", rejectUnauthorized: false, timeout: 4000 };
const request = get(options, (response) => {
  response.resume();
  process.exitCode = response.statusCode === 200 ? 0 : 1;
});
request.on("timeout", () => request.destroy());
request.on("error", () => {
  process.exitCode = 1;
});
