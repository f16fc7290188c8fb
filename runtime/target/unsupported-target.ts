import { Fault, flowFaults } from '../fault.ts';
import type { LocalCall, Target } from '../flow/target.ts';
import { BodyNeed } from '../message/body-need.ts';
import { type Exchange, TargetCall } from '../message/exchange.ts';

const noUrl = (): undefined => undefined;

/** A kind of target that is not run here: reported at load, a clear fault when called, and the rest of the proxy serves. */
export class UnsupportedTarget implements Target {
  readonly needs: BodyNeed = BodyNeed.none;
  readonly calls: readonly LocalCall[] = [];
  readonly #name: string;
  readonly #text: string;

  constructor(name: string, text: string) {
    this.#name = name;
    this.#text = text;
  }

  begin(exchange: Exchange): void {
    exchange.target = new TargetCall(this.#name, noUrl);
  }

  connect(): never {
    throw new Fault(flowFaults.internalServerError, this.#text);
  }

  isError(status: number): boolean {
    return status >= 400;
  }

  close(): void {
    // Nothing is held.
  }
}
