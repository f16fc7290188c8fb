import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ok } from '../../runtime/management/answer.ts';
import { ApiError } from '../../runtime/management/failure.ts';
import type { Method, Route } from '../../runtime/management/route.ts';
import { Router } from '../../runtime/management/router.ts';

function route(method: Method, path: string): Route {
  return { method, path, summary: '', answers: {}, run: () => ok({}) };
}

const organization = '/v1/organizations/{organization}';
const router = new Router([
  route('GET', organization),
  route('GET', `${organization}/apis`),
  route('POST', `${organization}/apis`),
  route('GET', `${organization}/environments`),
  route('GET', `${organization}/environments/{environment}/apis/{api}`),
  route('POST', `${organization}/keys/create`),
  route('POST', `${organization}/keys/{key}`),
  route('GET', '/v1/emulator/tree'),
]);

/** Request, the path of its route, and the parameters. */
const found: readonly [string, string, Readonly<Record<string, string>>][] = [
  ['GET /v1/organizations/a', organization, { organization: 'a' }],
  ['GET /v1/organizations/a/', organization, { organization: 'a' }],
  ['GET /v1/o/a/apis', `${organization}/apis`, { organization: 'a' }],
  ['HEAD /v1/o/a/apis/', `${organization}/apis`, { organization: 'a' }],
  ['GET /v1/o/a/apis?action=import&x=/y', `${organization}/apis`, { organization: 'a' }],
  [
    'GET /v1/o/o/e/e/apis/e',
    `${organization}/environments/{environment}/apis/{api}`,
    { organization: 'o', environment: 'e', api: 'e' },
  ],
  ['GET /v1/o/a%20b', organization, { organization: 'a b' }],
  ['GET /v1/o/a%2Fb', organization, { organization: 'a/b' }],
  ['POST /v1/o/a/keys/create', `${organization}/keys/create`, { organization: 'a' }],
  ['POST /v1/o/a/keys/created', `${organization}/keys/{key}`, { organization: 'a', key: 'created' }],
  ['GET /v1/emulator/tree', '/v1/emulator/tree', {}],
];

/** Request and status. */
const refused: readonly [string, number][] = [
  ['GET /', 404],
  ['GET /v2/o/a', 404],
  ['GET /v1/o', 404],
  ['GET /v1/o/a/nothing', 404],
  ['GET /v1/o/a//apis', 404],
  ['GET /v1/o/a/apis/x/y/z', 404],
  ['DELETE /v1/o/a/apis', 405],
  ['GET /v1/o/%zz', 400],
];

describe('the router of the management port', () => {
  for (const [request, path, params] of found) {
    it(request, () => {
      const [method = '', target = ''] = request.split(' ');
      const match = router.match(method, target);
      assert.equal(match.route.path, path);
      assert.deepEqual(Object.fromEntries(match.params), params);
    });
  }

  for (const [request, status] of refused) {
    it(`${request}: ${status}`, () => {
      const [method = '', target = ''] = request.split(' ');
      assert.throws(
        () => router.match(method, target),
        (error) => error instanceof ApiError && error.status === status,
      );
    });
  }

  it('tells short names from long ones', () => {
    assert.equal(router.match('GET', '/v1/o/a').isShort, true);
    assert.equal(router.match('GET', '/v1/organizations/o/environments').isShort, false);
    assert.equal(router.match('GET', '/v1/organizations/o/e').isShort, true);
  });

  it('says what a path takes', () => {
    assert.throws(() => router.match('DELETE', '/v1/o/a/apis'), { allow: 'GET, POST, HEAD' });
  });

  it('keeps two routes of one method and path apart', () => {
    assert.throws(() => new Router([route('GET', '/a/{b}'), route('GET', '/a/{c}')]), /routed twice/);
  });
});
