/**
 * A certificate authority on the internet, spoken to by acme-client (RFC 8555): the account, orders, and when it would
 * like to be asked again (RFC 9773). Loaded only where there is one: the library takes a third of a second.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { Agent } from "node:https";
import type { Client, Order } from "acme-client";
import { type KeyPair, keyPem, newKey } from "../tls/make-certificate.ts";
import { problemOf, Refusal } from "./failure.ts";
import { type Proof, prove } from "./prove.ts";
import type { RenewalWindow } from "./schedule.ts";
import type { Account } from "./store.ts";
import { waitUntilValid } from "./wait-until-valid.ts";

type Acme = typeof import("acme-client");

export interface AuthorityOptions {
  readonly directory: string;
  readonly email?: string | undefined;
  /** PEM of the root by which the authority's server is checked; the system's where left out */
  readonly root?: string | undefined;
  readonly eab?: { readonly kid: string; readonly hmacKey: string } | undefined;
  readonly profile?: string | undefined;
  /** for one answer of the authority */
  readonly timeoutMs?: number;
}

export interface OrderRequest {
  readonly host: string;
  readonly account: Account;
  /** told when the account has become known to the authority */
  readonly keepAccount: (account: Account) => void;
  readonly proof: Proof;
  /** the id of the certificate that this one is for */
  readonly replaces: string | null;
}

export interface Authority {
  readonly directory: string;
  /** The window of a certificate; null where the authority has none to give. */
  window(id: string): Promise<(RenewalWindow & { readonly retryAfterMs: number }) | null>;
  order(request: OrderRequest): Promise<KeyPair>;
  /** Ends what runs: an order fails, and what was shown for it is taken away. */
  close(): void;
  readonly isClosed: boolean;
}

export const newAccount = (): Account => ({ key: keyPem(newKey()), url: null });

const answerMs = 30_000;
const directoryMs = 3_600_000;
const answerBytes = 1024 * 1024;
// Half of all nonces may be refused and an order still goes through; the library's own 5 lose one order in six then.
const badNonceRetries = 30;

export const createAuthority = (options: AuthorityOptions): Authority => {
  const agent = new Agent({ keepAlive: true, maxSockets: 4, ...(options.root && { ca: options.root }) });
  const closing = new AbortController();
  const { signal } = closing;
  const settings = { agent, timeoutMs: options.timeoutMs ?? answerMs, signal };
  const withAcme = async <T>(work: (acme: Acme) => Promise<T>): Promise<T> => {
    const acme = await loadAcme();
    return requestSettings.run(settings, () => work(acme));
  };
  let known: { readonly url: string | null; readonly at: number } | null = null;
  /** Where the authority tells its windows; null where it tells none. */
  const windowsUrl = async (acme: Acme): Promise<string | null> => {
    if (!known || performance.now() - known.at > directoryMs) {
      known = { url: await readWindowsUrl(acme, options.directory), at: performance.now() };
    }
    return known.url;
  };
  return {
    directory: options.directory,
    window: (id) =>
      withAcme(async (acme) => {
        const url = await windowsUrl(acme);
        return url === null ? null : readWindow(acme, `${url}/${id}`);
      }),
    order: (request) =>
      withAcme(async (acme) => {
        const isKnown = request.replaces !== null && (await windowsUrl(acme)) !== null;
        return placeOrder(acme, options, isKnown ? request : { ...request, replaces: null }, signal);
      }),
    close() {
      closing.abort();
      agent.destroy();
    },
    get isClosed() {
      return signal.aborted;
    },
  };
};

interface RequestSettings {
  readonly agent: Agent;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

// The library has one HTTP client for all: whose root and time limit count is known by who is asking.
const requestSettings = new AsyncLocalStorage<RequestSettings>();

let loading: Promise<Acme> | null = null;

const loadAcme = (): Promise<Acme> => {
  loading ??= import("acme-client").then(({ default: acme }) => prepare(acme as unknown as Acme));
  return loading;
};

const prepare = (acme: Acme): Acme => {
  const { interceptors } = acme.axios;
  interceptors.request.use((request) => {
    const settings = requestSettings.getStore();
    if (!settings) return request;
    return Object.assign(request, {
      httpsAgent: settings.agent,
      timeout: settings.timeoutMs,
      signal: settings.signal,
      maxContentLength: answerBytes,
      maxRedirects: 0,
    });
  });
  // In place of the library's own, which would wait as long as `Retry-After` says, hours, with the lock held, and
  // makes a TypeError of a connection that fails. Every answer comes as an error here: the library wants it so.
  interceptors.response.clear();
  interceptors.response.use(undefined, (error: { readonly response?: HttpAnswer }) => {
    if (!error.response) throw error;
    return judged(error.response);
  });
  return acme;
};

/** What we read of an answer. */
interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly data: unknown;
}

const judged = (response: HttpAnswer): HttpAnswer => {
  const { status, headers, data } = response;
  const problem = problemOf(data);
  if (status < 400 || problem === "badNonce") return response;
  const { detail } = (data ?? {}) as { detail?: unknown }; // whatever it is, only a text is used
  throw new Refusal(
    problem ?? problemOfStatus(status),
    typeof detail === "string" ? detail : `status ${status}`,
    retryAfterMs(headers["retry-after"]),
  );
};

/** What a server in front of the authority means, which speaks no ACME. */
const problemOfStatus = (status: number): string => {
  if (status === 429) return "rateLimited";
  return status >= 500 ? "serverInternal" : "malformed";
};

const retryAfterMs = (value: unknown): number => {
  const text = String(value ?? "");
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? 0 : Math.max(0, at - Date.now());
};

const readWindow = async (acme: Acme, url: string) => {
  const { data, headers } = await acme.axios.get<unknown>(url);
  const window = (data as { suggestedWindow?: { start?: unknown; end?: unknown } } | null)?.suggestedWindow;
  const start = Date.parse(String(window?.start));
  const end = Date.parse(String(window?.end));
  if (Number.isNaN(start) || !(end >= start)) return null; // as good as none (RFC 9773 §4.2)
  return { start, end, retryAfterMs: retryAfterMs(headers["retry-after"]) };
};

const readWindowsUrl = async (acme: Acme, directory: string): Promise<string | null> => {
  const { data } = await acme.axios.get<unknown>(directory);
  const renewalInfo = (data as { renewalInfo?: unknown } | null)?.renewalInfo;
  return typeof renewalInfo === "string" ? renewalInfo : null;
};

const placeOrder = async (
  acme: Acme,
  options: AuthorityOptions,
  request: OrderRequest,
  signal: AbortSignal,
): Promise<KeyPair> => {
  const client = await openAccount(acme, options, request);
  const order = await createOrder(client, options, request);
  for (const authorization of await client.getAuthorizations(order)) {
    if (authorization.status !== "valid") await prove(client, authorization, request.proof, signal);
  }
  const key = keyPem(newKey());
  const [, csr] = await acme.crypto.createCsr({ altNames: [request.host] }, key);
  const finalized = await client.finalizeOrder(order, csr);
  const finished =
    finalized.status === "valid" ? finalized : await waitUntilValid(() => client.getOrder(order), signal);
  return { key, cert: await client.getCertificate(finished) };
};

const openAccount = async (
  acme: Acme,
  { directory, email, eab }: AuthorityOptions,
  { account, keepAccount }: OrderRequest,
): Promise<Client> => {
  const client = new acme.Client({
    directoryUrl: directory,
    accountKey: account.key,
    ...(account.url && { accountUrl: account.url }),
    ...(eab && { externalAccountBinding: eab }),
  });
  (client as unknown as { http: { maxBadNonceRetries: number } }).http.maxBadNonceRetries = badNonceRetries;
  if (account.url) return client;
  await client.createAccount({
    termsOfServiceAgreed: true,
    ...(email && { contact: [`mailto:${email}`] }),
  });
  keepAccount({ key: account.key, url: client.getAccountUrl() });
  return client;
};

const createOrder = async (
  client: Client,
  { profile }: AuthorityOptions,
  { host, replaces }: OrderRequest,
): Promise<Order> => {
  const order = { identifiers: [{ type: "dns", value: host }], ...(profile && { profile }) };
  if (!replaces) return client.createOrder(order);
  try {
    return await client.createOrder({ ...order, replaces } as typeof order);
  } catch (error) {
    // It was replaced before, or is of an account whose key was lost (Let's Encrypt says `unauthorized` then): an order
    // as any other (RFC 9773 §5). What has nothing to do with it is said once more.
    if (error instanceof Refusal && !notOfTheOrder.has(error.problem)) return client.createOrder(order);
    throw error;
  }
};

/** Refusals that another order a moment later would meet as well. */
const notOfTheOrder = new Set(["accountDoesNotExist", "rateLimited", "serverInternal", "userActionRequired"]);
