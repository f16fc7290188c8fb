import type { Place } from '../diagnostic.ts';
import { Fault } from '../fault.ts';
import { type Reader, toText } from '../language/variables.ts';
import type { Exchange } from '../message/exchange.ts';
import { element, type Leaf, required } from '../schema/declare.ts';
import { boolean, oneOf, variable } from '../schema/values.ts';
import { type Compiler, policy, type Step } from './policy.ts';
import { resultWriter } from './result-variable.ts';

const credential = element({ attributes: { ref: variable } });

const faults = {
  unresolved: {
    code: 'steps.basicauthentication.UnresolvedVariable',
    status: 500,
    text: 'Unresolved variable',
  },
  invalidSource: {
    code: 'steps.basicauthentication.InvalidBasicAuthenticationSource',
    status: 500,
    text: 'Source variable for basic authentication decode policy is not valid',
  },
  setVariableFailed: {
    code: 'steps.basicauthentication.SetVariableFailed',
    status: 500,
    text: 'Failed to set variable',
  },
};

interface Settings {
  readonly user: string;
  readonly password: string;
  readonly ignoresUnresolved: boolean;
}

/** Writes or takes apart `Basic` credentials (RFC 7617); it checks none. Apigee: BasicAuthentication policy. */
export const BasicAuthentication = policy({
  element: 'BasicAuthentication',
  failedPrefix: 'BasicAuthentication',
  children: {
    Operation: required(oneOf('Encode', 'Decode')),
    User: credential,
    Password: credential,
    AssignTo: element({ content: variable, attributes: { createNew: boolean } }),
    Source: variable,
    IgnoreUnresolvedVariables: boolean,
  },
  faults,
  compile(config, compiler) {
    const { AssignTo, Source } = config;
    const settings: Settings = {
      user: nameOf(config.User, 'User', config.at, compiler),
      password: nameOf(config.Password, 'Password', config.at, compiler),
      ignoresUnresolved: config.IgnoreUnresolvedVariables?.text ?? true,
    };
    if (config.Operation.text === 'Encode') {
      if (AssignTo?.text === undefined) {
        const hint = 'Add <AssignTo>request.header.Authorization</AssignTo>.';
        compiler.error('ZH301', AssignTo?.at ?? config.at, 'Encode needs <AssignTo> (AssignToRequired).', hint);
      }
      warnOfUnused(Source, 'Source', 'Encode', compiler);
      return compileEncode(AssignTo?.text ?? '', AssignTo?.createNew?.text === true, settings, compiler);
    }
    if (Source === undefined) {
      const hint = 'Add <Source>request.header.Authorization</Source>.';
      compiler.error('ZH301', config.at, 'Decode needs <Source> (SourceRequired).', hint);
    }
    warnOfUnused(AssignTo, 'AssignTo', 'Decode', compiler);
    return compileDecode(Source?.text ?? '', settings, compiler);
  },
});

function nameOf(
  config: { readonly at: Place; readonly ref: Leaf<string> | undefined } | undefined,
  what: 'User' | 'Password',
  at: Place,
  compiler: Compiler,
): string {
  if (config?.ref !== undefined) return config.ref.text;
  const code = what === 'User' ? 'UserNameRequired' : 'PasswordRequired';
  const message = `<${what}> names no variable (${code}).`;
  compiler.error('ZH300', config?.at ?? at, message, `Write <${what} ref="VARIABLE"/>.`);
  return '';
}

function warnOfUnused(config: { readonly at: Place } | undefined, what: string, operation: string, compiler: Compiler) {
  if (config === undefined) return;
  compiler.warning('ZH302', config.at, `<${what}> has no effect with ${operation}.`, 'Remove it.');
}

/** Apigee: without createNew="true" a variable that holds something already is left as it is. */
function compileEncode(target: string, overwrites: boolean, settings: Settings, compiler: Compiler): Step {
  const user = compilePart(settings.user, settings.ignoresUnresolved, compiler);
  const password = compilePart(settings.password, settings.ignoresUnresolved, compiler);
  const held: Reader = overwrites ? () => undefined : compiler.reader(target);
  const write = resultWriter(target, faults.setVariableFailed, compiler);
  return (exchange) => {
    const credentials = `${user(exchange)}:${password(exchange)}`;
    const value = held(exchange);
    if (value !== undefined && value !== null) return;
    write(exchange, `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}`);
  };
}

function compilePart(name: string, ignoresUnresolved: boolean, compiler: Compiler): (exchange: Exchange) => string {
  const read = compiler.reader(name);
  return (exchange) => {
    const value = read(exchange);
    if (!ignoresUnresolved && (value === undefined || value === null)) throw unresolved(name);
    return toText(value);
  };
}

function unresolved(name: string): Fault {
  return new Fault(faults.unresolved, `Unresolved variable : ${name}`);
}

/** zerohop's choice: a source without a value, when that is to be ignored, leaves both variables without one too. */
function compileDecode(source: string, settings: Settings, compiler: Compiler): Step {
  const read = compiler.reader(source);
  const writeUser = resultWriter(settings.user, faults.setVariableFailed, compiler);
  const writePassword = resultWriter(settings.password, faults.setVariableFailed, compiler);
  const invalid = `Source variable : ${source} for basic authentication decode policy is not valid`;
  return (exchange) => {
    const value = read(exchange);
    if (value === undefined || value === null) {
      if (!settings.ignoresUnresolved) throw unresolved(source);
      writeUser(exchange, undefined);
      writePassword(exchange, undefined);
      return;
    }
    const credentials = decode(toText(value));
    const colon = credentials?.indexOf(':') ?? -1;
    if (credentials === undefined || colon === -1) throw new Fault(faults.invalidSource, invalid);
    writeUser(exchange, credentials.slice(0, colon));
    writePassword(exchange, credentials.slice(colon + 1));
  };
}

/** RFC 7617 section 2, RFC 9110 section 11.1: the scheme in any case, blanks, base64 with or without its padding. */
function decode(text: string): string | undefined {
  const match = /^\s*basic +([A-Za-z0-9+/]+={0,2})\s*$/i.exec(text);
  const encoded = match?.[1];
  if (encoded === undefined || encoded.replace(/=+$/, '').length % 4 === 1) return undefined;
  return Buffer.from(encoded, 'base64').toString('utf8');
}
