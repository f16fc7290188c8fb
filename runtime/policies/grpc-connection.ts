import type { Exchange } from '../message/exchange.ts';
import type { Answer } from '../state/answer.ts';
import type { MessageContext } from './message-context.ts';

/** A gRPC server that ExternalCallout calls. Target implements it. */
export interface GrpcConnection {
  /** `https://HOST` of the target server, for the audience of an ID token; undefined when there is no such server. */
  readonly audience: string | undefined;
  /** Loads what calls need: done when a bundle is deployed, so that the first call does not wait for it. */
  prepare(): Answer<unknown>;
  /**
   * Calls `apigee.ExternalCalloutService/ProcessMessage`.
   * @param metadata names and values, sent as header fields
   * @throws GrpcFailure when there is no answer
   */
  call(
    exchange: Exchange,
    context: MessageContext,
    metadata: readonly (readonly [name: string, value: string])[],
    timeoutMilliseconds: number,
  ): Promise<MessageContext>;
}

/** Why a call failed. */
export class GrpcFailure extends Error {
  override readonly name = 'GrpcFailure';
  /** `tls`: the key or trust store of the server cannot be used. `call`: the message is a gRPC status and what was said. */
  readonly kind: 'tls' | 'call';

  constructor(kind: 'tls' | 'call', message: string) {
    super(message);
    this.kind = kind;
  }
}
