let second = 0;
let date = "";

/** The date as HTTP writes it, made once a second. */
export const httpDate = (): string => {
  const at = Math.floor(Date.now() / 1000);
  if (at !== second) {
    second = at;
    date = new Date(at * 1000).toUTCString();
  }
  return date;
};
