import type { JsonObject } from '../bundle/environment.ts';
import type { ResourceKind } from '../state/resource-kinds.ts';
import type { Resource } from '../state/resources.ts';
import { ok } from './answer.ts';
import type { ApiContext } from './context.ts';
import { absent, invalid } from './failure.ts';
import { isObject, objectsMember, requiredText } from './members.ts';
import type { ApiRequest, JsonMembers } from './request.ts';
import type { Route } from './route.ts';

interface Attribute {
  readonly name: string;
  readonly value: string;
}

/** Custom attributes of products, developers and apps. Apigee: apiproducts.attributes, developers.attributes. */
export function attributeRoutes(
  path: string,
  kind: ResourceKind,
  find: (request: ApiRequest, context: ApiContext) => Resource,
): Route[] {
  const all = `${path}/attributes`;
  const one = `${all}/{attribute}`;
  const write = (resource: Resource, attributes: readonly Attribute[], context: ApiContext): Promise<unknown> =>
    context.deployments.changeResource(kind, resource.name, { ...resource.value, attributes });
  return [
    {
      method: 'GET',
      path: all,
      summary: 'Custom attributes',
      answers: { 200: 'Attributes' },
      run: (request, context) => ok({ attribute: attributesOf(find(request, context).value) }),
    },
    {
      method: 'POST',
      path: all,
      summary: 'Replaces the custom attributes',
      body: 'Attributes',
      answers: { 200: 'Attributes' },
      run: async (request, context) => {
        const attribute = readAttributes(await request.json(), 'attribute');
        await write(find(request, context), attribute, context);
        return ok({ attribute });
      },
    },
    {
      method: 'GET',
      path: one,
      summary: 'One custom attribute',
      answers: { 200: 'Attribute' },
      run: (request, context) => ok(attribute(find(request, context), request.key('attribute'))),
    },
    {
      method: 'POST',
      path: one,
      summary: 'Sets a custom attribute',
      body: 'Attribute',
      answers: { 200: 'Attribute' },
      run: async (request, context) => {
        const resource = find(request, context);
        const name = request.key('attribute');
        const value = requiredText(await request.json(), 'value', 'An attribute');
        const others = attributesOf(resource.value).filter((other) => other.name !== name);
        await write(resource, [...others, { name, value }], context);
        return ok({ name, value });
      },
    },
    {
      method: 'DELETE',
      path: one,
      summary: 'Removes a custom attribute',
      answers: { 200: 'Attribute' },
      run: async (request, context) => {
        const resource = find(request, context);
        const gone = attribute(resource, request.key('attribute'));
        const rest = attributesOf(resource.value).filter(({ name }) => name !== gone.name);
        await write(resource, rest, context);
        return ok(gone);
      },
    },
  ];
}

/** Also `{ "name": "value" }`, which some files have. */
export function attributesOf(value: JsonObject): Attribute[] {
  const { attributes } = value;
  if (isObject(attributes)) return Object.entries(attributes).map(([name, one]) => ({ name, value: String(one) }));
  if (!Array.isArray(attributes)) return [];
  return attributes.filter(isObject).map((one) => ({ name: String(one.name ?? ''), value: String(one.value ?? '') }));
}

/** @throws ApiError 400 */
export function readAttributes(body: JsonMembers, member: string): Attribute[] {
  return objectsMember(body, member).map((one) => {
    const name = requiredText(one, 'name', 'An attribute');
    if (typeof one.value === 'object' && one.value !== null) throw invalid(`The attribute "${name}" must be a text.`);
    return { name, value: String(one.value ?? '') };
  });
}

function attribute({ name: owner, value }: Resource, name: string): Attribute {
  const found = attributesOf(value).find((one) => one.name === name);
  if (found !== undefined) return found;
  throw absent('organizations.AttributeDoesntExist', `${owner} has no attribute "${name}".`);
}
