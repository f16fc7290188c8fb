import type { ScriptEngine } from './engine.ts';
import { HeapEngine } from './runner.ts';

/** Makes an engine. What it runs on is loaded only now: deployments without scripts never pay for it. */
export async function createScriptEngine(kind: 'quickjs' | 'vm'): Promise<ScriptEngine> {
  if (kind === 'vm') {
    const { createVmMaker } = await import('./vm.ts');
    return new HeapEngine(createVmMaker);
  }
  const { createQuickJsMaker } = await import('./quickjs.ts');
  return new HeapEngine(createQuickJsMaker);
}
