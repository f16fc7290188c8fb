import { setGroup } from '../language/grouped-variables.ts';
import { toText } from '../language/variables.ts';
import { element, required } from '../schema/declare.ts';
import { text, variable } from '../schema/values.ts';
import type { ApiProduct } from '../state/consumers.ts';
import { policy } from './policy.ts';

type Read = (product: ApiProduct) => unknown;

/** Variables without `getapiproduct.POLICY.apiproduct.`; other names are custom attributes. zerohop's choice. */
const named: ReadonlyMap<string, Read> = new Map(
  Object.entries({
    name: ({ name }) => name,
    displayName: ({ displayName }) => displayName,
    description: ofValue('description'),
    approvalType: ({ approvalType }) => approvalType,
    apiResources: ofValue('apiResources'),
    environments: ({ environments }) => environments,
    proxies: ofValue('proxies'),
    scopes: ({ scopes }) => scopes,
    'developer.quota.limit': ({ quota }) => quota?.limit,
    'developer.quota.interval': ({ quota }) => quota?.interval,
    'developer.quota.timeunit': ({ quota }) => quota?.timeUnit,
    created_at: ({ resource }) => resource.createdAt,
    created_by: ofValue('createdBy'),
    last_modified_at: ({ resource }) => resource.lastModifiedAt,
    last_modified_by: ofValue('lastModifiedBy'),
  } satisfies Record<string, Read>),
);

function ofValue(member: string): Read {
  return ({ resource }) => resource.value[member] ?? undefined;
}

/** Puts what is known of an API product into variables. Apigee names no fault of it: an unknown product sets none. */
export const GetAPIProduct = policy({
  element: 'GetAPIProduct',
  failedPrefix: 'getapiproduct',
  children: { APIProduct: required(element({ content: text, attributes: { ref: variable } })) },
  faults: {},
  compile(config, compiler) {
    const { name, consumers } = compiler;
    const { ref, text: written = '' } = config.APIProduct;
    if (ref === undefined && written === '') {
      const hint = 'Write <APIProduct ref="apiproduct.name"/>.';
      compiler.error('ZH545', config.APIProduct.at, '<APIProduct> names no product.', hint);
    }
    const read = ref === undefined ? () => undefined : compiler.reader(ref.text);
    const prefix = 'apiproduct.';
    return (exchange) => {
      const product = consumers.product(toText(read(exchange)) || written);
      setGroup(exchange, `getapiproduct.${name}`, (variableName) => {
        if (product === undefined || !variableName.startsWith(prefix)) return undefined;
        const rest = variableName.slice(prefix.length);
        return named.get(rest)?.(product) ?? product.attributes.get(rest);
      });
    };
  },
});
