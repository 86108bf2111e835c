/** Ends a switch over a union: a new kind fails to compile here, and at run time says which one it was. */
export const unreachable = (value: never): never => {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
};
