import type { CrossingValue } from '../host.ts';
import type { contentModel } from './content.ts';
import type { messagesModel } from './messages.ts';
import type { Model } from './types.ts';
import type { valuesModel } from './values.ts';

/** `context`, and the objects that scripts keep for later scripts. Apigee: JavaScript object model, `context`. */
export function contextModel(
  { host, harden, current }: Model,
  { ValueList }: ReturnType<typeof valuesModel>,
  { Content, flush, forget }: ReturnType<typeof contentModel>,
  { isMessage, isStatus, messageOf, numberOf }: ReturnType<typeof messagesModel>,
) {
  const { parse, stringify } = JSON;

  /** What one transaction keeps in this heap. */
  interface Kept {
    session: object;
    objects: unknown[];
  }
  const transactions = new Map<number, Kept>();
  const kept = (): Kept => {
    const number = host.transaction();
    let found = transactions.get(number);
    if (found === undefined) {
      found = { session: {}, objects: [] };
      transactions.set(number, found);
    }
    return found;
  };

  const crossing = (value: CrossingValue): unknown => {
    if (value.kind === 'json') return value.json;
    return value.kind === 'message' ? messageOf(value.message) : kept().objects[value.object];
  };

  const getVariable = (given: unknown): unknown => {
    const name = String(given);
    flush();
    const { reads } = current;
    if (reads !== undefined && name in reads) return reads[name];
    const value = host.getVariable(name);
    return value === undefined ? crossing(parse(host.takeValue()) as CrossingValue) : value;
  };

  const writesPayload = /^(request|response|message|error)(\.content|\.formparam\..*)?$/;
  // Scripts set the same few names again and again: matching costs a third of a write.
  const verdicts: Record<string, boolean> = Object.create(null);
  let known = 0;
  const changesPayload = (name: string): boolean => {
    const verdict = verdicts[name];
    if (verdict !== undefined) return verdict;
    const made = writesPayload.test(name);
    if (known++ < 256) verdicts[name] = made;
    return made;
  };
  /** Built-in names that take a list: other values of scripts stay objects. */
  const listed = /^(request|response|message|error)\.(header|queryparam|formparam)\./;
  const setVariable = (given: unknown, value: unknown): void => {
    const name = String(given);
    flush();
    if (changesPayload(name)) for (const message of [1, 2, 3]) forget(message);
    const type = typeof value;
    if (value === undefined || value === null) host.setVariable(name, 0, '');
    else if (type === 'string') host.setVariable(name, 1, value as string);
    else if (type === 'number') host.setVariable(name, 2, String(value));
    else if (type === 'boolean') host.setVariable(name, 3, String(value));
    else if (Array.isArray(value) && listed.test(name)) host.setVariable(name, 1, value.join(','));
    else if (isMessage(value)) host.setMessage(name, numberOf(value));
    else if (isStatus(value)) host.setVariable(name, 2, String(value.code));
    else if (value instanceof ValueList || value instanceof Content || value instanceof String || type === 'bigint') {
      host.setVariable(name, 1, String(value));
    } else if (value instanceof Number || value instanceof Boolean) setVariable(name, value.valueOf());
    else host.setObject(name, kept().objects.push(value) - 1);
  };

  class Context {
    get flow(): string {
      return host.flow();
    }

    get session(): object {
      return kept().session;
    }

    set session(value: object) {
      kept().session = value;
    }

    getVariable(name: unknown): unknown {
      return getVariable(name);
    }

    setVariable(name: unknown, value: unknown): void {
      setVariable(name, value);
    }

    removeVariable(name: unknown): void {
      flush();
      host.removeVariable(String(name));
    }
  }
  for (const role of ['proxyRequest', 'proxyResponse', 'targetRequest', 'targetResponse']) {
    Object.defineProperty(Context.prototype, role, { get: () => messageOf(host.message(role)) });
  }
  harden(Context);

  return {
    Context,
    json(transaction: number, object: number): string | undefined {
      const value = transactions.get(transaction)?.objects[object];
      if (typeof value === 'function') return undefined;
      try {
        return stringify(value);
      } catch {
        // A cycle: there is no text for it.
        return undefined;
      }
    },
    release(transaction: number): void {
      transactions.delete(transaction);
    },
  };
}
