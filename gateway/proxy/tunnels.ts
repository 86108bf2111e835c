/** The tunnels that are open, through changes of the settings. */
export interface Tunnels {
  /** `to` is the upstream's address. */
  add(close: () => void, to: string): void;
  delete(close: () => void): void;
  /** how many are open to an upstream, by whatever route */
  openTo(to: string): number;
  /** Closes all. */
  close(): void;
}

export const createTunnels = (): Tunnels => {
  const open = new Map<() => void, string>();
  const counts = new Map<string, number>();
  return {
    add(close, to) {
      open.set(close, to);
      counts.set(to, (counts.get(to) ?? 0) + 1);
    },
    delete(close) {
      const to = open.get(close);
      if (to === undefined) return;
      open.delete(close);
      const left = (counts.get(to) ?? 0) - 1;
      if (left > 0) counts.set(to, left);
      else counts.delete(to);
    },
    openTo: (to) => counts.get(to) ?? 0,
    close() {
      for (const close of [...open.keys()]) close();
    },
  };
};
