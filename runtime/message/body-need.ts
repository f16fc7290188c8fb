/**
 * Which payloads a step must find in memory, as a set of bits. Worked out while compiling: a payload nobody needs is
 * never buffered, it streams from socket to socket.
 */
export const BodyNeed = {
  none: 0,
  request: 1,
  response: 2,
  /** The current message's, whichever it is when the step runs. */
  current: 4,
  error: 8,
} as const;
export type BodyNeed = number;
