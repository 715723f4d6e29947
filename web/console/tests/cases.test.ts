// The cases are what the centre could say: each answer in them has the form that its description promises, and nothing more.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type AnySchema } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';

interface Schema {
  type?: string;
  allOf?: Schema[];
  unevaluatedProperties?: boolean;
  additionalProperties?: boolean;
}
type Answer = { content?: Record<string, { schema: { $ref: string } }> };

const described = JSON.parse(readFileSync(join(import.meta.dirname, '../../../docs/generated/central-api.json'), 'utf8'));
const schemas: Record<string, Schema> = described.components.schemas;
const isPart = (name: string) => JSON.stringify(schemas).includes(`"allOf":[{"$ref":"#/components/schemas/${name}"`);
for (const [name, schema] of Object.entries(schemas)) {
  if (schema.allOf) schema.unevaluatedProperties = false;
  else if (schema.type === 'object' && !isPart(name)) schema.additionalProperties = false;
}
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema(described as AnySchema, 'api');

/** The answer that the description promises to `POST /claims`. */
function promised(asked: string): string | null {
  const [method, path] = asked.startsWith('/') ? ['get', asked] : [asked.split(' ')[0]!.toLowerCase(), asked.split(' ')[1]!];
  const paths: Record<string, Record<string, { responses: Record<string, Answer> }>> = described.paths;
  const fits = (pattern: string) => new RegExp(`^${pattern.replace(/\{\w+\}/g, '[^/]+')}$`).test(`/api/v1${path}`);
  const exact = Object.keys(paths).find((pattern) => pattern === `/api/v1${path}`) ?? Object.keys(paths).find(fits);
  const responses = exact === undefined ? undefined : paths[exact]?.[method]?.responses;
  expect(responses, `${asked} is not in the description`).toBeDefined();
  return responses!['200']?.content?.['application/json']?.schema.$ref ?? null;
}

const CASES = join(import.meta.dirname, '../cases');
const names = readdirSync(CASES, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.json'));

describe.each(names.sort())('%s', (name) => {
  const read = JSON.parse(readFileSync(join(CASES, name), 'utf8')) as { answers: Record<string, unknown> };
  test.each(Object.entries(read.answers).map(([asked, answer]) => ({ asked, answer })))('$asked', ({ asked, answer }) => {
    const schema = promised(asked);
    if (answer === null) return expect(schema).toBeNull();
    const validate = ajv.getSchema(`api${schema}`)!;
    validate(answer);
    expect(validate.errors ?? []).toEqual([]);
  });
  test('says what it is about', () => expect(read).toMatchObject({ about: expect.any(String), at: expect.stringMatching(/^#\//) }));
});
