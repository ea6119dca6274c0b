import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { NbError } from '../../lib/index.js';
import * as kit from '../../lib/testing/index.js';

const docs = readFileSync(new URL('../../docs/testing.md', import.meta.url), 'utf8');

test('each error of the kit, its code and its docs agree', () => {
  const classes = Object.values(kit).filter((value) => value.prototype instanceof NbError);
  const found = classes.map((value) => {
    const error = new (value as new (message: string) => NbError)('message');
    return `${error.code} ${error.name}`;
  });
  const documented = [...docs.matchAll(/^\| `(NB_\w+)` +\| `(\w+)` +\|/gm)];
  expect(new Set(documented.map(([, code, name]) => `${code} ${name}`))).toEqual(new Set(found));
  expect(found).toHaveLength(3);
});
