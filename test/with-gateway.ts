import { type Gateway, type GatewayOptions, startGateway } from "./gateway.ts";

/** A gateway for the length of `work`, stopped also when that fails: a process left behind would keep the test waiting. */
export const withGateway = async <T>(
  options: GatewayOptions,
  work: (gateway: Gateway) => Promise<T>,
): Promise<T> => {
  const gateway = await startGateway(options);
  try {
    return await work(gateway);
  } finally {
    await gateway.close();
  }
};
