import type { CurrentEvent } from '../message/event.ts';
import { toText } from './text.ts';
import { readOnly, type Variable } from './variable.ts';

/** The server-sent event that an EventFlow looks at. Apigee: flow variables reference, `response.event.current`. */
export const eventVariables: ReadonlyMap<string, Variable> = new Map<string, Variable>([
  [
    'response.event.current.content',
    ofEvent(
      (event) => event.content,
      (event, text) => {
        event.content = text;
      },
    ),
  ],
  [
    'response.event.current.data',
    ofEvent(
      (event) => event.data,
      (event, text) => {
        event.data = text;
      },
    ),
  ],
  ['response.event.current.count', readOnly(({ event }) => event?.count)],
]);

function ofEvent(read: (event: CurrentEvent) => unknown, write: (event: CurrentEvent, text: string) => void): Variable {
  return {
    read: ({ event }) => (event === undefined ? undefined : read(event)),
    write: ({ event }, value) => {
      if (event !== undefined) write(event, value === undefined || value === null ? '' : toText(value));
    },
    // An event without content is left out of the response.
    remove: ({ event }) => {
      if (event !== undefined) event.content = '';
    },
    readNeed: 0,
    writeNeed: 0,
  };
}
