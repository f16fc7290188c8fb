import type { CallRecording } from '../debug/call-recording.ts';
import type { Recorder } from '../debug/recorder.ts';
import type { Directory, Exchange, Outcome, SharedFlow } from '../message/exchange.ts';
import type { EndpointProgram } from './endpoint.ts';
import type { ProxyPlan } from './proxy-plan.ts';
import { nothing } from './sequence.ts';

/** What records with, of one snapshot. */
export interface RecordedGround {
  readonly recorder: Recorder;
  /** The same world, in which all proxies and shared flows record. */
  readonly directory: Directory;
}

/**
 * A plan that stands in for another one while a debug session is open. Calls that nobody wants to see run the program of
 * the other one; those that are recorded run a second program, compiled from the same files with something around each
 * step.
 * @param compile gives the second program's plan; undefined when the files are not there any more
 */
export function recordedPlan(
  plain: ProxyPlan,
  compile: () => Promise<ProxyPlan | undefined>,
  ground: RecordedGround,
): ProxyPlan {
  const endpoints = plain.endpoints.map((one) =>
    one.dormant(async () => {
      const [program, recorded] = await Promise.all([one.program(), compile()]);
      const found = recorded?.endpoints.find(({ name }) => name === one.name);
      return recordedProgram(program, await found?.program(), ground);
    }),
  );
  return { ...plain, endpoints };
}

function recordedProgram(
  plain: EndpointProgram,
  recorded: EndpointProgram | undefined,
  { recorder, directory }: RecordedGround,
): EndpointProgram {
  const watched = recorded ?? plain;
  return {
    timeout: plain.timeout,
    faultRules: undefined,
    run: (exchange) => {
      const recording = recorder.begin(exchange, directory, recorded === undefined);
      const { run, faultRules } = recording === undefined ? plain : watched;
      exchange.faultRules = faultRules;
      return recording === undefined ? run(exchange) : recordedRun(run, exchange, recording, recorder);
    },
    finish: (exchange) => {
      const recording = recorder.of(exchange);
      if (recording === undefined) return plain.finish?.(exchange);
      // Once more: what was still to be done to the answer is done by now.
      recording.answered();
      return lastOf(watched.finish ?? nothing, exchange, () => recorder.finish(recording));
    },
  };
}

function recordedRun(
  run: EndpointProgram['run'],
  exchange: Exchange,
  recording: CallRecording,
  recorder: Recorder,
): Outcome {
  const failed = (error: unknown): never => {
    recording.faulted(error);
    // Who called in memory gets no answer, so that nothing more comes of this call.
    if (exchange.parent !== undefined) recorder.finish(recording);
    throw error;
  };
  let outcome: Outcome;
  try {
    outcome = run(exchange);
  } catch (error) {
    return failed(error);
  }
  if (outcome === undefined) return recording.answered();
  return outcome.then(() => recording.answered(), failed);
}

function lastOf(step: EndpointProgram['run'], exchange: Exchange, then: () => void): Outcome {
  let outcome: Outcome;
  try {
    outcome = step(exchange);
  } catch (error) {
    then();
    throw error;
  }
  if (outcome === undefined) return then();
  return outcome.finally(then);
}

/** A shared flow that stands in for another one: compiled by its first recorded call. */
export function recordedSharedFlow(plain: SharedFlow, compile: () => Promise<SharedFlow | undefined>): SharedFlow {
  let ready: SharedFlow | undefined;
  return {
    name: plain.name,
    run: (exchange) => {
      if (ready !== undefined) return ready.run(exchange);
      return compile().then((recorded) => {
        ready = recorded ?? plain;
        return ready.run(exchange);
      });
    },
  };
}
