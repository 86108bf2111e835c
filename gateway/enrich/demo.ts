import type { Pass } from "./pass.ts";

/** Labels the made-up visitors of `turnpike demo`, so that they can be told apart and removed. */
export const markDemo: Pass = (event, request) => {
  if (request.headers["user-agent"]?.includes("TurnpikeDemo/1")) event.traffic_filter_name = "demo";
};
