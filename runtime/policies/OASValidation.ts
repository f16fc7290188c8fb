import { nearest } from '../diagnostic.ts';
import { Fault } from '../fault.ts';
import type { Exchange } from '../message/exchange.ts';
import { Message } from '../message/message.ts';
import { element, type Leaf, required } from '../schema/declare.ts';
import { boolean, template, variable } from '../schema/values.ts';
import { checkMessage } from './oas-check.ts';
import { OasDocument } from './oas-document.ts';
import { OasMistake } from './oas-engine.ts';
import { compileApi, type OasApi } from './oas-operation.ts';
import { type Compiler, policy } from './policy.ts';

const faults = {
  failed: { code: 'steps.oasvalidation.Failed', status: 400, text: 'OASValidation failed' },
  notAvailable: {
    code: 'steps.oasvalidation.SourceMessageNotAvailable',
    status: 500,
    text: 'The message is not available for OASValidation',
  },
  notMessage: {
    code: 'steps.oasvalidation.NonMessageVariable',
    status: 500,
    text: 'A variable does not resolve to a Message',
  },
};

/** Holds a message against an OpenAPI document. Apigee: OASValidation policy reference. */
export const OASValidation = policy({
  element: 'OASValidation',
  failedPrefix: ['oasvalidation', 'OASValidation'],
  children: {
    OASResource: required(template),
    Source: variable,
    Options: element({
      children: {
        ValidateMessageBody: boolean,
        AllowUnspecifiedParameters: element({ children: { Header: boolean, Query: boolean, Cookie: boolean } }),
      },
    }),
  },
  faults,
  compile(config, compiler) {
    const source = config.Source?.text ?? 'message';
    const read = compiler.reader(source);
    const { Options } = config;
    const apiOf = compileResource(config.OASResource, Options?.ValidateMessageBody?.text === true, compiler);
    const unspecified = Options?.AllowUnspecifiedParameters;
    const options = {
      allowsUnspecified: {
        header: unspecified?.Header?.text ?? true,
        query: unspecified?.Query?.text ?? true,
        cookie: unspecified?.Cookie?.text ?? true,
      },
    };
    const { name } = compiler;
    return (exchange) => {
      const message = read(exchange);
      if (message === undefined || message === null) {
        throw new Fault(faults.notAvailable, `${source} message is not available for OASValidation: ${name}`);
      }
      if (!(message instanceof Message)) {
        throw new Fault(faults.notMessage, `Variable ${source} does not resolve to a Message`);
      }
      const { url, api } = apiOf(exchange);
      const reason = api === undefined ? 'The resource does not exist' : checkMessage(exchange, message, api, options);
      if (reason === undefined) return;
      const text = `OASValidation ${name} with resource "${url}": failed with reason: "[ERROR - ${reason}: []]"`;
      // Public bundles read the cause from here, in this spelling.
      exchange.setVariable(`OASValidation.${name}.fault.cause`, text);
      exchange.setVariable(`oasvalidation.${name}.fault.cause`, text);
      throw new Fault(faults.failed, text);
    };
  },
});

interface Resource {
  readonly url: string;
  /** Undefined when there is no such resource. */
  readonly api: OasApi | undefined;
}

function compileResource(written: Leaf<string>, bodies: boolean, compiler: Compiler): (exchange: Exchange) => Resource {
  const rendered = compiler.template(written.text, written.at);
  const { constant } = rendered;
  if (constant !== undefined) {
    const resource = { url: constant, api: compileDocument(constant, written, bodies, compiler) };
    return () => resource;
  }
  // Which one is meant, only a request knows: all that there are are made ready.
  const urls = compiler.resourceNames('oas').map((name) => `oas://${name}`);
  const apis = new Map(urls.map((url) => [url, compileDocument(url, written, bodies, compiler)]));
  return (exchange) => {
    const url = rendered.render(exchange).trim();
    return { url, api: apis.get(url) };
  };
}

function compileDocument(url: string, written: Leaf<string>, bodies: boolean, compiler: Compiler): OasApi | undefined {
  const name = /^oas:\/\/(.+)$/.exec(url)?.[1];
  if (name === undefined) {
    const message = `"${url}" is no resource of type oas (BadResourceURL).`;
    compiler.error('ZH440', written.at, message, 'Write oas://FILE.');
    return undefined;
  }
  const resource = compiler.resource(url);
  if (resource === undefined) {
    const [best] = nearest(name, compiler.resourceNames('oas'));
    const hint = best === undefined ? 'Put the file into resources/oas.' : `Did you mean "oas://${best}"?`;
    const message = `There is no resource "${url}" in the bundle or its environment (ResourceDoesNotExist).`;
    compiler.error('ZH441', written.at, message, hint);
    return undefined;
  }
  const { oas } = compiler;
  if (oas === undefined) throw new Error('The OpenAPI engine has not been loaded');
  try {
    const document = new OasDocument(oas.read(new TextDecoder().decode(resource.bytes)));
    return compileApi(document, oas, bodies);
  } catch (error) {
    if (!(error instanceof OasMistake)) throw error;
    const message = `"${url}" cannot be compiled (ResourceCompileFailed): ${error.message}.`;
    compiler.error('ZH442', written.at, message);
    return undefined;
  }
}
