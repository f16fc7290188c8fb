import { Fault } from '../fault.ts';
import { element } from '../schema/declare.ts';
import { boolean, integer, variable } from '../schema/values.ts';
import { checkXml, XmlExceeds, type XmlLimits } from '../xml/limits.ts';
import { isXml } from './payload-text.ts';
import { policy } from './policy.ts';
import { messageSource } from './threat-source.ts';

const limit = integer(-1);

const faults = {
  executionFailed: {
    code: 'steps.xmlthreatprotection.ExecutionFailed',
    status: 500,
    text: 'XMLThreatProtection: Execution failed',
  },
  unavailable: {
    code: 'steps.xmlthreatprotection.SourceUnavailable',
    status: 500,
    text: 'XMLThreatProtection: Source is not available',
  },
  notMessage: {
    code: 'steps.xmlthreatprotection.NonMessageVariable',
    status: 500,
    text: 'XMLThreatProtection: Variable does not resolve to a Message',
  },
};

/** Refuses XML payloads that are too much for who reads them. Apigee: XMLThreatProtection policy. */
export const XMLThreatProtection = policy({
  element: 'XMLThreatProtection',
  failedPrefix: 'xmlattack',
  children: {
    NameLimits: element({
      children: { Element: limit, Attribute: limit, NamespacePrefix: limit, ProcessingInstructionTarget: limit },
    }),
    StructureLimits: element({
      children: {
        NodeDepth: limit,
        AttributeCountPerElement: limit,
        NamespaceCountPerElement: limit,
        ChildCount: element({
          content: limit,
          attributes: {
            includeComment: boolean,
            includeElement: boolean,
            includeProcessingInstruction: boolean,
            includeText: boolean,
          },
        }),
      },
    }),
    ValueLimits: element({
      children: {
        Text: limit,
        Attribute: limit,
        NamespaceURI: limit,
        Comment: limit,
        ProcessingInstructionData: limit,
      },
    }),
    Source: variable,
  },
  faults,
  compile(config, compiler) {
    const { NameLimits: names, StructureLimits: structure, ValueLimits: values } = config;
    const children = structure?.ChildCount;
    const limits: XmlLimits = {
      elementName: limitOf(names?.Element?.text),
      attributeName: limitOf(names?.Attribute?.text),
      prefix: limitOf(names?.NamespacePrefix?.text),
      instructionTarget: limitOf(names?.ProcessingInstructionTarget?.text),
      depth: limitOf(structure?.NodeDepth?.text),
      attributes: limitOf(structure?.AttributeCountPerElement?.text),
      namespaces: limitOf(structure?.NamespaceCountPerElement?.text),
      children: limitOf(children?.text),
      countsComments: children?.includeComment?.text ?? true,
      countsElements: children?.includeElement?.text ?? true,
      countsInstructions: children?.includeProcessingInstruction?.text ?? true,
      countsTexts: children?.includeText?.text ?? true,
      text: limitOf(values?.Text?.text),
      attributeValue: limitOf(values?.Attribute?.text),
      namespaceUri: limitOf(values?.NamespaceURI?.text),
      comment: limitOf(values?.Comment?.text),
      instructionData: limitOf(values?.ProcessingInstructionData?.text),
    };
    const name = `XMLThreatProtection stepDefinition ${compiler.name}`;
    const source = config.Source?.text ?? 'message';
    const messageOf = messageSource(
      source,
      {
        unavailable: faults.unavailable,
        unavailableText: `${name}: Source ${source} is not available`,
        notMessage: faults.notMessage,
        notMessageText: `${name}: Variable ${source} does not resolve to a Message`,
      },
      compiler,
    );
    return (exchange) => {
      const message = messageOf(exchange);
      if (!isXml(message)) return;
      // A payload that is streamed past cannot be looked at; letting it through would look like protection.
      if (!message.body.inMemory) throw failed(`${name}: The payload is streamed`);
      // zerohop's choice: no payload is no threat; a GET may say that it speaks XML.
      if (message.body.isEmpty) return;
      try {
        checkXml(message.content, limits);
      } catch (error) {
        if (!(error instanceof XmlExceeds)) throw error;
        throw failed(error.exceeds ? `${name}: ${error.message}` : error.message);
      }
    };

    function failed(reason: string): Fault {
      return new Fault(faults.executionFailed, `${name}: Execution failed. reason: ${reason}`);
    }
  },
});

function limitOf(value: number | undefined): number {
  return value === undefined || value === -1 ? Number.POSITIVE_INFINITY : value;
}
