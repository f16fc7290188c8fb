import { Fault, type FaultKind } from '../fault.ts';
import { SetVariableError } from '../language/variable.ts';
import type { Writer } from '../language/variables.ts';
import type { Compiler } from './policy.ts';

/** Sets the variable that a policy's configuration names for its result. @throws Fault of the given kind when it cannot be set */
export function resultWriter(name: string, kind: FaultKind, compiler: Compiler): Writer {
  const write = compiler.writer(name);
  return (exchange, value) => {
    try {
      write(exchange, value);
    } catch (error) {
      if (!(error instanceof SetVariableError)) throw error;
      throw new Fault(kind, `Failed to set variable ${name} in policy ${compiler.name}`);
    }
  };
}
