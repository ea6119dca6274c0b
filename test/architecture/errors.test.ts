import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import * as face from '../../lib/index.js';

const docs = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8');
const documented = [...docs.matchAll(/^\| `(NB_\w+)` +\| `(\w+)` +\|/gm)].map(([, code, name]) => ({
  code,
  name,
}));

type ErrorClass = new (message: string) => face.NbError;

const classes = Object.entries(face)
  .filter(([, value]) => typeof value === 'function' && value.prototype instanceof face.NbError)
  .map(([name, value]) => ({ name, error: new (value as ErrorClass)('message') }));

/** The codes of process warnings, which have no class. */
const warnings = [...docs.matchAll(/^\| `(NB_\w+)` +\| [^`|]/gm)].map(([, code]) => code);

test('each code that is in the code is in the docs', () => {
  const lib = fileURLToPath(new URL('../../lib', import.meta.url));
  const sources = readdirSync(lib, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('testing'))
    .map((name) => readFileSync(join(lib, name), 'utf8'));
  const used = new Set(
    sources.flatMap((text) => [...text.matchAll(/'(NB_[A-Z_]+)'/g)].map(([, code]) => code)),
  );
  const known = new Set([...documented.map(({ code }) => code), ...warnings]);
  expect([...used].filter((code) => !known.has(code))).toEqual([]);
  expect(warnings.filter((code) => !used.has(code))).toEqual([]);
  expect(new Set(warnings).size).toBe(2);
});

describe('errors', () => {
  test('each class, its code and the docs agree', () => {
    const found = classes.map(({ name, error }) => ({ code: error.code, name }));
    const byCode = (a: { code?: string }, b: { code?: string }) => (a.code ?? '').localeCompare(b.code ?? '');
    expect(found.toSorted(byCode)).toEqual(documented.toSorted(byCode));
    expect(found.length).toBeGreaterThan(20);
  });

  test.each(classes)('$name is named as its class, and its code is its own', ({ name, error }) => {
    expect(error.name).toBe(name);
    expect(error).toBeInstanceOf(Error);
    expect(error.code).toMatch(/^NB_[A-Z_]+$/);
    expect(classes.filter((each) => each.error.code === error.code)).toHaveLength(1);
  });
});
