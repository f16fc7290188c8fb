import { Fault } from '../fault.ts';
import type { Exchange } from '../message/exchange.ts';
import { Message } from '../message/message.ts';
import { type Answer, after, inTurn } from '../state/answer.ts';
import type { Token, TokenKind } from '../state/token-records.ts';
import { idOfToken } from '../state/token-records.ts';
import type { Tokens } from '../state/tokens.ts';
import { type AnswerSettings, answer } from './oauth-answers.ts';
import { accessTokenFaults, requestFaults, tokenStatusFaults } from './oauth-faults.ts';
import type { Parameter } from './oauth-settings.ts';
import type { Step } from './policy.ts';

/** A token that InvalidateToken or ValidateToken is for. */
export interface StatusTarget {
  readonly kind: TokenKind;
  readonly token: Parameter;
  /** Whether the other token of the pair goes with it. */
  readonly cascade: boolean;
}

/** InvalidateToken and ValidateToken: a token is marked, not deleted. Apigee: Revoking and approving tokens. */
export function compileTokenStatus(
  targets: readonly StatusTarget[],
  status: Token['status'],
  tokens: Tokens,
  settings: AnswerSettings,
): Step {
  return (exchange) => {
    const outcome = after(
      inTurn(targets, (target) => mark(exchange, target, status, tokens)),
      () => {
        if (settings.generates) answer(exchange, Message.response());
      },
    );
    return outcome instanceof Promise ? outcome.then(() => undefined) : undefined;
  };
}

function mark(exchange: Exchange, target: StatusTarget, status: Token['status'], tokens: Tokens): Answer<unknown> {
  const { kind, token: parameter, cascade } = target;
  const text = parameter.read(exchange);
  if (text === undefined) {
    throw new Fault(
      tokenStatusFaults.unresolvedToken,
      `${tokenStatusFaults.unresolvedToken.text} ${parameter.variable}`,
    );
  }
  const set = (token: Token): Token => ({ ...token, status });
  return after(tokens.change(kind, idOfToken(text), set), (token) => {
    if (token === undefined) {
      throw new Fault(kind === 'access' ? accessTokenFaults.invalidAccessToken : requestFaults.invalidRefreshToken);
    }
    const other = kind === 'access' ? 'refresh' : 'access';
    return cascade && token.sibling !== undefined ? tokens.change(other, token.sibling.id, set) : undefined;
  });
}
