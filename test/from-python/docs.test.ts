import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs/from-python.md'), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'nb-from-python-'));
afterAll(() => rmSync(folder, { recursive: true }));

const check = (...files: string[]) =>
  spawnSync(process.execPath, ['scripts/write-examples.mjs', '--check', ...files], {
    cwd: root,
    encoding: 'utf8',
  });

/** What the check says of the page when it is changed in this way. */
function faults(from: string | RegExp, to: string): string {
  const changed = page.replace(from, to);
  expect(changed).not.toBe(page);
  const file = join(folder, 'changed.md');
  writeFileSync(file, changed);
  const { status, stderr } = check(file);
  expect(status).toBe(1);
  return stderr;
}

test('the TypeScript of docs/from-python.md is that of the examples', () => {
  const { status, stdout, stderr } = check('docs/from-python.md');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  // Each region is quoted, and there are many.
  const [, quoted, all] = /^(\d+) of (\d+) regions\n$/.exec(stdout) ?? [];
  expect(quoted).toBe(all);
  expect(Number(all)).toBeGreaterThan(60);
});

test('the check would see that it is not', () => {
  expect(faults('await pool.run(() => myTask(10))', 'await pool.run(() => myTask(11))')).toMatch(
    /not what is in nb-aiopool\/quick-start.ts#quickStart/,
  );
  expect(faults('<!-- example: nb-aiopool/quick-start.ts#quickStart -->\n\n', '')).toMatch(
    /without a marker: import .*\n.*nobody quotes nb-aiopool\/quick-start.ts#quickStart/,
  );
  expect(faults('#quickStart -->', '#slowStart -->')).toMatch(
    /no region nb-aiopool\/quick-start.ts#slowStart/,
  );
});

test('each example has Python on one side and TypeScript on the other', () => {
  const rows = page.split('<tr valign="top">').slice(1);
  expect(rows.length).toBeGreaterThan(60);
  for (const row of rows) {
    const [python, typescript] = row.split('</td></tr>')[0]!.split('</td><td>');
    expect(python).toMatch(/^<td>\n\n```python\n[^]+\n```\n\n$/);
    expect(typescript).toMatch(/\n\n<!-- example: [^]+\n```\n\n$/);
  }
});

test('each example is run by a test', () => {
  const here = join(root, 'test/from-python');
  const read = (names: string[]): string =>
    names.map((name) => readFileSync(join(here, name), 'utf8')).join('\n');
  const tests = read(readdirSync(here).filter((name) => name.endsWith('.test.ts')));
  const inFolder = (folderName: string): string[] =>
    readdirSync(join(here, 'examples', folderName)).filter((name) => name.endsWith('.ts'));

  // Functions, which a test imports; but for what one example lends to the others.
  const modules = ['.', 'nb-aiopool'].flatMap((name) =>
    inFolder(name).map((each) => join('examples', name, each)),
  );
  const functions = [...read(modules).matchAll(/^export async function (\w+)/gm)].map((match) => match[1]!);
  expect(functions.length).toBeGreaterThan(50);
  expect(functions.filter((name) => !new RegExp(`\\.${name}\\b`).test(tests))).toEqual(['myTask']);

  // Programs, and the modules of their threads, by their names.
  const programs = ['executor', 'threads', 'stopping'].flatMap(inFolder).map((name) => name.slice(0, -3));
  expect(programs.length).toBeGreaterThan(10);
  expect(programs.filter((name) => !tests.includes(`'${name}'`))).toEqual([]);
});
