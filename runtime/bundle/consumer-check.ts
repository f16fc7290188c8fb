import { type Diagnostics, nearest } from '../diagnostic.ts';
import type { ApiProduct, DeveloperApp } from './consumers.ts';
import type { Environment } from './environment.ts';

/** Keys that let nobody in, found out before somebody wonders. What the management API brings later may mend it. */
export function checkConsumers(
  { products, developers, developerApps }: Pick<Environment, 'products' | 'developers' | 'developerApps'>,
  diagnostics: Diagnostics,
): void {
  const known = new Set(
    [...developers.values()].flatMap((one) => [
      one.email.toLowerCase(),
      ...(one.developerId === undefined ? [] : [one.developerId]),
    ]),
  );
  const owners = new Map<string, DeveloperApp>();
  for (const app of developerApps) {
    if (app.appGroup === undefined && !known.has(app.developer.toLowerCase()) && !known.has(app.developer)) {
      const message = `There is no developer "${app.developer}": the keys of the app "${app.name}" are refused.`;
      const [best] = nearest(app.developer, [...known]);
      diagnostics.warning('ZH547', app.at, message, best ? `Did you mean "${best}"?` : 'Add it to developers.json.');
    }
    for (const name of productsOf(app)) {
      if (products.has(name)) continue;
      const [best] = nearest(name, [...products.keys()]);
      const hint = best === undefined ? 'Add it to products.json.' : `Did you mean "${best}"?`;
      diagnostics.warning('ZH548', app.at, `There is no API product "${name}": it lets nobody in.`, hint);
    }
    for (const { consumerKey } of app.credentials) {
      const other = owners.get(consumerKey);
      if (other !== undefined) {
        const message = `The apps "${other.name}" and "${app.name}" have the same consumer key; the last one counts.`;
        diagnostics.warning('ZH549', app.at, message, 'Give each app keys of its own.');
      }
      owners.set(consumerKey, app);
    }
  }
  for (const product of products.values()) checkOperations(product, diagnostics);
}

function productsOf({ apiProducts, credentials }: DeveloperApp): Set<string> {
  return new Set([...apiProducts, ...credentials.flatMap((one) => one.apiProducts.map(({ name }) => name))]);
}

function checkOperations({ name, at, operations, graphqlOperations }: ApiProduct, diagnostics: Diagnostics): void {
  if (graphqlOperations.length === 0) return;
  const effect = operations.length > 0 ? 'they have no effect' : 'the product lets nobody in';
  const message = `GraphQL operations of products are not checked: with those of "${name}" ${effect}.`;
  diagnostics.warning('ZH550', at, message, 'Use an "operationGroup" with the path of the GraphQL endpoint.');
}
