/**
 * The memory in which bodies are put together, of all requests at once. Where it is full, whoever has been sending for longest
 * makes room: honest clients send what fits into it within a moment, and those that fill it on purpose lose what they sent.
 */
export interface BodyRoom {
  /** A body begins to come. `refuse` is called, once, where it has to make room; what it held is free by then. */
  begin(refuse: () => void): HeldBody;
  follow(mostBytes: number): void;
  /** what is held, bytes */
  readonly held: number;
}

export interface HeldBody {
  /** More of it has come. */
  add(bytes: number): void;
  /** All of it has come: it is held until `release`, whoever else needs the room. */
  finish(): void;
  /** It is needed no longer. */
  release(): void;
}

/** Never less than one body may have. */
export const roomBytes = (limits: { readonly bodyBytes: number; readonly bufferedBytes: number }): number =>
  Math.max(limits.bodyBytes, limits.bufferedBytes);

/** `onRefused` is told of each body that has to go. */
export const createBodyRoom = (mostBytes: number, onRefused: () => void = () => {}): BodyRoom => {
  let most = mostBytes;
  let held = 0;
  /** the oldest is the first */
  const coming = new Set<Coming>();

  const makeRoom = (): void => {
    for (const body of coming) {
      if (held <= most) return;
      body.release();
      body.refuse();
      onRefused();
    }
  };
  return {
    begin(refuse) {
      let size = 0;
      const body: Coming = {
        refuse,
        add(bytes) {
          size += bytes;
          held += bytes;
          if (held > most) makeRoom();
        },
        finish: () => void coming.delete(body),
        release() {
          coming.delete(body);
          held -= size;
          size = 0;
        },
      };
      coming.add(body);
      return body;
    },
    follow(bytes) {
      most = bytes;
    },
    get held() {
      return held;
    },
  };
};

interface Coming extends HeldBody {
  readonly refuse: () => void;
}
