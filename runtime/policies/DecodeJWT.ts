import { boolean, variable } from '../schema/values.ts';
import { parseCompact, parseHeader, parseObject, utf8Text } from './compact-token.ts';
import { policy } from './policy.ts';
import { tokenFaults, tokenStep } from './token-failure.ts';
import { tokenSource } from './token-source.ts';
import { setClaimVariables, setHeaderVariables } from './token-variables.ts';

const faults = tokenFaults('jwt', 'FailedToDecode', 'FailedToResolveVariable', 'InvalidJsonFormat');

/** Takes the claims of a JSON Web Token into variables and believes none of them. Apigee: DecodeJWT policy. */
export const DecodeJWT = policy({
  element: 'DecodeJWT',
  failedPrefix: ['jwt', 'JWT'],
  children: { Source: variable, IgnoreUnresolvedVariables: boolean },
  faults,
  compile(config, compiler) {
    const prefix = `jwt.${compiler.name}`;
    const source = tokenSource(config.Source?.text, compiler);
    return tokenStep(
      (exchange) => {
        const text = source(exchange);
        const { header, json, parts } = parseHeader(text);
        if (parts === 3) {
          // All of it is read before anything is set.
          const payload = utf8Text(parseCompact(text).payload);
          setClaimVariables(exchange, prefix, parseObject(payload), payload);
        }
        setHeaderVariables(exchange, prefix, header, json);
      },
      faults,
      compiler.name,
    );
  },
});
