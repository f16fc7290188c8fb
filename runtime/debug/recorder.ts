import type { Directory, Exchange } from '../message/exchange.ts';
import { CallRecording } from './call-recording.ts';
import { ChainRecording } from './chain-recording.ts';
import type { Mask } from './mask.ts';
import { PlanRecorder } from './plan-recorder.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';
import { watchVariables } from './watched-variables.ts';

/** Decides which calls are recorded, and gives their recordings to the sessions that want them when they are over. */
export class Recorder {
  readonly plans: PlanRecorder;
  readonly #recordings = new WeakMap<Exchange, CallRecording>();
  readonly #wanted = new WeakMap<ChainRecording, Map<CallRecording, readonly Session[]>>();
  readonly #sessions: Sessions;
  readonly #mask: () => Mask;

  constructor(sessions: Sessions, mask: () => Mask) {
    this.#sessions = sessions;
    this.#mask = mask;
    this.plans = new PlanRecorder(this.#recordings);
  }

  /**
   * Begins the recording of a call; undefined when nobody wants it.
   * @param directory its proxies record as well
   * @param opaque only request and answer will be known
   */
  begin(exchange: Exchange, directory: Directory, opaque: boolean): CallRecording | undefined {
    const caller = exchange.parent === undefined ? undefined : this.#recordings.get(exchange.parent);
    const inside = caller?.chain.isClosed === true ? undefined : caller;
    const sessions = this.#sessions.wanting(exchange);
    if (inside === undefined && sessions.length === 0) return undefined;
    const chain = inside?.chain ?? new ChainRecording(this.#mask(), limitOf(sessions));
    const recording = new CallRecording(exchange, chain, inside, opaque);
    inside?.add({ kind: 'call', call: recording.call });
    this.#recordings.set(exchange, recording);
    const wanted = this.#wanted.get(chain) ?? new Map<CallRecording, readonly Session[]>();
    if (sessions.length > 0) this.#wanted.set(chain, wanted.set(recording, sessions));
    exchange.directory = directory;
    watchVariables(exchange, recording);
    return recording;
  }

  of(exchange: Exchange): CallRecording | undefined {
    return this.#recordings.get(exchange);
  }

  /** A call is over, its PostClientFlow too. With the outermost one the chain is given to its sessions. */
  finish(recording: CallRecording): void {
    recording.finished();
    const { chain, call } = recording;
    if (chain.isClosed || chain.calls[0] !== call) return;
    chain.close();
    for (const [one, sessions] of this.#wanted.get(chain) ?? []) this.#sessions.keep(one.call, sessions);
    this.#wanted.delete(chain);
  }
}

function limitOf(sessions: readonly Session[]): number {
  return Math.max(...sessions.map(({ options }) => options.bodyLimit));
}
