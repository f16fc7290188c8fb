import { boolean, variable } from '../schema/values.ts';
import { parseCompact } from './compact-token.ts';
import { policy } from './policy.ts';
import { tokenFaults, tokenStep } from './token-failure.ts';
import { tokenSource } from './token-source.ts';
import { setHeaderVariables } from './token-variables.ts';

const faults = tokenFaults('jws', 'FailedToDecode', 'FailedToResolveVariable', 'InvalidJsonFormat');

/** Takes the header and payload of a JSON Web Signature into variables and believes neither. Apigee: DecodeJWS policy. */
export const DecodeJWS = policy({
  element: 'DecodeJWS',
  failedPrefix: ['jws', 'JWS'],
  children: { Source: variable, IgnoreUnresolvedVariables: boolean },
  faults,
  compile(config, compiler) {
    const prefix = `jws.${compiler.name}`;
    const source = tokenSource(config.Source?.text, compiler);
    return tokenStep(
      (exchange) => {
        const token = parseCompact(source(exchange));
        setHeaderVariables(exchange, prefix, token.header, token.headerJson);
        if (!token.isDetached) exchange.setVariable(`${prefix}.payload`, token.payload.toString('utf8'));
      },
      faults,
      compiler.name,
    );
  },
});
