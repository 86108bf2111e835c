/** Why an upstream gave no answer, or not all of it. `code` is one of these or a system error's. */
export type UpstreamFault =
  | "connect-timeout"
  | "head-timeout"
  | "idle-timeout"
  | "malformed"
  | "closed"
  | "no-connection";

export class UpstreamError extends Error {
  readonly code: UpstreamFault;
  constructor(code: UpstreamFault, message: string) {
    super(message);
    this.code = code;
  }
}
