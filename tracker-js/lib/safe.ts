/** Wraps what the page may call or the browser fires: whatever goes wrong inside stays inside. */
export const safe =
  <A extends unknown[], R>(run: (...args: A) => R) =>
  (...args: A): R | undefined => {
    try {
      return run(...args);
    } catch {
      // The page is not ours to break, and there is nobody here to tell.
    }
  };
