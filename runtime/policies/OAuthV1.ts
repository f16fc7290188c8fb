import { Fault } from '../fault.ts';
import { element, ignored, many, required } from '../schema/declare.ts';
import { boolean, oneOf, text, variable } from '../schema/values.ts';
import { policy } from './policy.ts';

const faults = {
  notSupported: {
    code: 'steps.oauth.v1.NotSupported',
    status: 500,
    text: 'OAuth 1.0a is not supported',
  },
};

const named = element({ content: text, attributes: { ref: variable } });
const answer = element({ attributes: { enabled: boolean }, children: { Format: text, Realm: text } });

/** OAuth 1.0a, which Apigee itself has taken out. Its configuration is checked; calling it is a fault, never a way around it. */
export const OAuthV1 = policy({
  element: 'OAuthV1',
  failedPrefix: 'oauthV1',
  children: {
    Operation: required(
      oneOf(
        'GenerateRequestToken',
        'GenerateAccessToken',
        'GenerateVerifier',
        'VerifyAccessToken',
        'VerifySignature',
        'InvalidateToken',
        'ValidateToken',
      ),
    ),
    URI: named,
    HTTPMethod: named,
    Realm: named,
    ConsumerKey: named,
    RequestToken: named,
    AccessToken: named,
    Callback: named,
    Verifier: named,
    AppEndUser: named,
    ExpiresIn: named,
    GenerateResponse: answer,
    GenerateErrorResponse: answer,
    Attributes: element({
      children: {
        Attribute: many(element({ content: text, attributes: { name: text, ref: variable, display: boolean } })),
      },
    }),
    Tokens: ignored,
  },
  faults,
  compile(config, compiler) {
    const message = `OAuth 1.0a is not supported. Calling the step "${compiler.name}" raises a fault.`;
    const hint = 'Use OAuthV2; Apigee has retired OAuthV1 as well.';
    compiler.warning('DC002', config.at, message, hint);
    return () => {
      throw new Fault(faults.notSupported, `OAuthV1[${compiler.name}]: OAuth 1.0a is not supported`);
    };
  },
});
