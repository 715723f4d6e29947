// The cases have the form of what the box says: each answer in them has the form that its description promises, and nothing more.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type AnySchema } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';

type Schema = { type?: string; additionalProperties?: boolean };
const described = JSON.parse(readFileSync(join(import.meta.dirname, '../../../docs/generated/tablet-api.json'), 'utf8'));
for (const schema of Object.values<Schema>(described.components.schemas)) if (schema.type === 'object') schema.additionalProperties = false;
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema(described as AnySchema, 'api');

/** What stands where in a case, and which schema it has. */
const SCHEMAS = { home: 'Home', devices: 'Devices', history: 'History', sent: 'Sent', settings: 'Settings', test: 'Test', known: 'Known', sight: 'Sight', refuse: 'Refusal' };

const CASES = join(import.meta.dirname, '../cases');
const names = readdirSync(CASES, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.json'));

describe.each(names.sort())('%s', (name) => {
  const read = JSON.parse(readFileSync(join(CASES, name), 'utf8')) as Record<'da' | 'en', Record<string, unknown>>;
  for (const lang of ['da', 'en'] as const) test(lang, () => {
    for (const [key, answer] of Object.entries(read[lang])) {
      if (key === 'home' && typeof answer === 'string') continue; // another case, which is looked at by itself
      const schema = SCHEMAS[key as keyof typeof SCHEMAS];
      const validate = ajv.getSchema(`api#/components/schemas/${schema}`);
      expect(validate, `nothing called ${key} is answered by the box`).toBeDefined();
      validate!(answer);
      expect(validate!.errors ?? [], key).toEqual([]);
    }
  });
});
