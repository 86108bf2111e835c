/** The tunnels that are open, through changes of the settings. */
export interface Tunnels {
  add(close: () => void): void;
  delete(close: () => void): void;
  /** Closes all. */
  close(): void;
}

export const createTunnels = (): Tunnels => {
  const open = new Set<() => void>();
  return {
    add: (close) => void open.add(close),
    delete: (close) => void open.delete(close),
    close() {
      for (const close of open) close();
    },
  };
};
