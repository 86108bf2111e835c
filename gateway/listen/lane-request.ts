import type { Socket } from "node:net";
import type { PlainRequest } from "./plain-request.ts";
import { WholeRequest } from "./whole-request.ts";

/** A request without a body on the lane. */
export class LaneRequest extends WholeRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: PlainRequest["headers"];
  readonly rawHeaders: readonly string[];
  readonly socket: Socket;
  readonly httpVersion = "1.1";
  readonly httpVersionMajor = 1;
  readonly httpVersionMinor = 1;

  constructor({ method, target, headers, rawHeaders }: PlainRequest, socket: Socket) {
    super();
    this.method = method;
    this.url = target;
    this.headers = headers;
    this.rawHeaders = rawHeaders;
    this.socket = socket;
  }

  destroy(): this {
    this.socket.destroy();
    return this;
  }
}
