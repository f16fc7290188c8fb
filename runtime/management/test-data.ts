import type { ResourceKind } from '../state/resource-kinds.ts';
import type { Resource } from '../state/resources.ts';
import { noContent, ok } from './answer.ts';
import { apiProductBody } from './apiproducts.ts';
import { appBody } from './apps.ts';
import type { ApiContext } from './context.ts';
import { developerBody } from './developers.ts';
import type { Route } from './route.ts';

/** Test data of the emulator's control API: loaded as a whole, read one kind at a time. */
export const testDataRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/emulator/setup/tests',
    summary: 'Replaces all test data by the JSON files at the root of a zip',
    body: 'zip',
    answers: { 200: null },
    run: async (request, { deployments }) => {
      await deployments.replaceTestData((await request.upload()).bytes);
      return { status: 200 };
    },
  },
  {
    method: 'DELETE',
    path: '/v1/emulator/clear/test',
    summary: 'Takes away all test data',
    answers: { 204: null },
    run: async (_, { deployments }) => {
      await deployments.replaceTestData(undefined);
      return noContent;
    },
  },
  {
    method: 'GET',
    path: '/v1/emulator/test/developerapps',
    summary: 'Apps with their keys',
    answers: { 200: 'TestApps' },
    run: (_, context) => ok(testFirst('apps', context).map(appBody)),
  },
  {
    method: 'GET',
    path: '/v1/emulator/test/products',
    summary: 'API products',
    answers: { 200: 'TestProducts' },
    run: (_, context) => ok(testFirst('apiproducts', context).map(apiProductBody)),
  },
  {
    method: 'GET',
    path: '/v1/emulator/test/developers',
    summary: 'Developers',
    answers: { 200: 'TestDevelopers' },
    run: (_, context) => ok(testFirst('developers', context).map((one) => developerBody(one, context))),
  },
  {
    method: 'GET',
    path: '/v1/emulator/test/maps',
    summary: 'Key value maps of the test data, and the names of their entries',
    answers: { 200: 'EmulatorMaps' },
    run: (_, { deployments }) =>
      ok(
        deployments.testMaps().map(({ name, scope, entries }) => ({
          name,
          scope,
          entry: entries.map((entry) => ({ name: entry })),
        })),
      ),
  },
];

/** Scripts read the first one and mean the one that they loaded. */
function testFirst(kind: ResourceKind, { deployments }: ApiContext): Resource[] {
  const all = deployments.resources.list(kind);
  const isTest = ({ origin }: Resource): boolean => origin === 'test';
  return [...all.filter(isTest), ...all.filter((one) => !isTest(one))];
}
