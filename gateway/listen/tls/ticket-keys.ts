import { randomBytes } from "node:crypto";

/** The keys under which TLS sessions are given to clients to keep; processes that share them resume each other's. */
export interface TicketKeys {
  current(): Buffer;
  /** Takes the keys of another process. */
  use(keys: Uint8Array): void;
  /** Told whenever there are others. Answers how to end it. */
  follow(changed: (keys: Buffer) => void): () => void;
  close(): void;
}

/** How long a client may resume a session, seconds. */
export const ticketSeconds = 6 * 3600;
const rotateMs = (ticketSeconds / 2) * 1000;
const bytes = 48;

/**
 * New keys twice in the life of a ticket, because whoever finds one can read the sessions under it. With `rotates` false
 * they change by `use` alone.
 */
export const createTicketKeys = ({ rotates = true } = {}): TicketKeys => {
  let keys = randomBytes(bytes);
  const followers = new Set<(keys: Buffer) => void>();
  const use = (next: Uint8Array): void => {
    if (next.length !== bytes) throw new Error(`tls: ticket keys are ${bytes} bytes, not ${next.length}`);
    keys = Buffer.from(next);
    for (const follower of followers) follower(keys);
  };
  const timer = rotates ? setInterval(() => use(randomBytes(bytes)), rotateMs) : null;
  timer?.unref();
  return {
    current: () => keys,
    use,
    follow(changed) {
      followers.add(changed);
      return () => void followers.delete(changed);
    },
    close() {
      if (timer) clearInterval(timer);
      followers.clear();
    },
  };
};
