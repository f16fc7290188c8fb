import { choices, messages } from '../policies/message-context.ts';

/** The service of external_callout.proto as the JSON that gRPC libraries read in place of the text. protobuf.js: JSON descriptors. */
export function externalCalloutDescriptor(): object {
  const types = Object.entries(messages).map(([name, fields]) => {
    const described = Object.entries(fields).map(([field, [type, id]]) => [field, fieldOf(type, id)]);
    const oneofs = Object.entries(choices[name] ?? {}).map(([choice, oneof]) => [choice, { oneof }]);
    return [name, { fields: Object.fromEntries(described), oneofs: Object.fromEntries(oneofs) }];
  });
  const service = { methods: { ProcessMessage: { requestType: 'MessageContext', responseType: 'MessageContext' } } };
  const nested = { ...Object.fromEntries(types), ExternalCalloutService: service };
  return { nested: { apigee: { nested } } };
}

function fieldOf(type: string, id: number): object {
  const value = /^map<string, (\w+)>$/.exec(type)?.[1];
  if (value !== undefined) return { keyType: 'string', type: value, id };
  return type.startsWith('repeated ') ? { rule: 'repeated', type: type.slice('repeated '.length), id } : { type, id };
}
