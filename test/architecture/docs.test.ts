import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));
const samples = readdirSync(join(root, 'sample')).map((name) => `sample/${name}`);
const folders = ['.', 'docs', 'bench', ...samples];
const files = folders.flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name)),
);

test.each(files)('%s links to what exists', (file) => {
  const text = readFileSync(join(root, file), 'utf8');
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
  const local = links.filter((link) => !/^(https?:|#)/.test(link));
  const missing = local.filter((link) => !existsSync(join(root, dirname(file), link.replace(/#.*/, ''))));
  expect(missing).toEqual([]);
});
