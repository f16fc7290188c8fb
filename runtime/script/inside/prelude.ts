import { contentModel } from './content.ts';
import { contextModel } from './context.ts';
import { cryptoModel } from './crypto.ts';
import { entriesModel } from './entries.ts';
import { hardener } from './harden.ts';
import { httpModel } from './http.ts';
import { messagesModel } from './messages.ts';
import { valuesModel } from './values.ts';
import { wireHost } from './wire.ts';
import { xmlModel } from './xml-view.ts';

/**
 * The source of the object model, evaluated once in each heap: an expression, a function of the host's operations that
 * gives the heap's entries. It is the text of the functions of this folder, so that they are checked and formatted like
 * the rest of the program.
 */
export const preludeSource = `(function (raw, isShared, freezesGlobal) {
'use strict';
const { harden, hardenBuiltIns } = (${hardener})();
const current = { run: undefined, reads: undefined };
const host = (${wireHost})(raw, current);
const model = { host, harden, current };
const values = (${valuesModel})(model);
const xml = (${xmlModel})(model);
const content = (${contentModel})(model, values, xml);
const messages = (${messagesModel})(model, values, content);
const http = (${httpModel})(model, values, messages);
const crypto = (${cryptoModel})(model);
const context = (${contextModel})(model, values, content, messages);
const entries = (${entriesModel})(model, crypto, content, context, messages, http);
if (isShared) hardenBuiltIns(globalThis, freezesGlobal);
return entries;
})`;
