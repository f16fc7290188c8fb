import { Fault } from '../fault.ts';
import { BodyNeed } from '../message/body-need.ts';
import { text } from '../schema/values.ts';
import { dialogflowVersion, isDialogflowName, readWebhook } from './dialogflow.ts';
import { policy } from './policy.ts';

const faults = {
  notWebhook: {
    code: 'steps.parsedialogflowrequest.InvalidWebhookRequest',
    status: 400,
    text: 'The request is no WebhookRequest of Dialogflow',
  },
};

/** Puts what a Dialogflow agent asks into flow variables. Apigee: ParseDialogflowRequest policy reference. */
export const ParseDialogflowRequest = policy({
  element: 'ParseDialogflowRequest',
  failedPrefix: 'parsedialogflowrequest',
  children: { VariablePrefix: text, DialogflowVersion: dialogflowVersion },
  faults,
  compile(config, compiler) {
    compiler.needs(BodyNeed.request);
    const own = config.VariablePrefix?.text ?? '';
    if (own !== '' && !isDialogflowName(own)) {
      const message = `<VariablePrefix> is "${own}", which cannot stand in the name of a variable.`;
      compiler.error('ZH664', config.VariablePrefix?.at ?? config.at, message, 'Write letters, digits, - and _.');
    }
    const prefix = own === '' ? 'google.dialogflow' : `google.dialogflow.${own}`;
    return (exchange) => {
      const { request } = exchange;
      const webhook = request.body.inMemory ? readWebhook(request.content) : undefined;
      if (webhook === undefined) throw new Fault(faults.notWebhook);
      for (const [name, value] of [...webhook.facts, ...webhook.parameters]) {
        exchange.setVariable(`${prefix}.${name}`, value);
      }
    };
  },
});
