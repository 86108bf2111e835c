import type { Authorization, Client, Order } from "acme-client";
import { problemOf, Refusal } from "./failure.ts";
import { waitUntilValid } from "./wait-until-valid.ts";

/** One way to prove that a host is ours. */
export interface Proof {
  readonly type: "http-01" | "tls-alpn-01" | "dns-01";
  /** Shows what the authority will look for, unless `signal` ends that; answers what takes it away again. */
  show(
    host: string,
    token: string,
    keyAuthorization: string,
    signal: AbortSignal,
  ): Promise<() => Promise<void>>;
}

/** Proves that the authorization's host is ours; rejects with why it could not be, as the authority says. */
export const prove = async (
  client: Client,
  authorization: Authorization,
  proof: Proof,
  signal: AbortSignal,
): Promise<void> => {
  const host = authorization.identifier.value;
  const challenge = authorization.challenges.find(({ type }) => type === proof.type);
  if (!challenge) {
    const offered = authorization.challenges.map(({ type }) => type).join(", ");
    throw new Error(`the authority offers ${offered} for ${host}, not ${proof.type}: set tls.challenge`);
  }
  const keyAuthorization = await client.getChallengeKeyAuthorization(challenge);
  const takeAway = await proof.show(host, challenge.token, keyAuthorization, signal);
  try {
    await client.completeChallenge(challenge);
    await waitUntilValid(() => readAuthorization(client, authorization), signal);
  } catch (error) {
    throw (await refusedChallenge(client, authorization)) ?? error;
  } finally {
    await takeAway();
  }
};

/** Why the authority did not find what it looked for: that stands at the challenge (RFC 8555 §8). */
const refusedChallenge = async (
  client: Client,
  { url }: Pick<Authorization, "url">,
): Promise<Refusal | null> => {
  try {
    const now = await readAuthorization(client, { url });
    for (const { error } of now.challenges as readonly { error?: unknown }[]) {
      const problem = problemOf(error);
      const detail = (error as { detail?: unknown } | undefined)?.detail;
      if (problem) return new Refusal(problem, typeof detail === "string" ? detail : "", 0, true);
    }
  } catch {
    // it does not say: what is known already has to do
  }
  return null;
};

const readAuthorization = async (
  client: Client,
  { url }: Pick<Authorization, "url">,
): Promise<Authorization> => {
  const [now] = await client.getAuthorizations({ authorizations: [url] } as Order);
  if (!now) throw new Error("the authority has forgotten what it was asked");
  return now;
};
