import { readFileSync } from 'node:fs';
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
