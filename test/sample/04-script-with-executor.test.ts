import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startEntry } from './sample-process.js';

const SAMPLE = '04-script-with-executor';
// It builds the sample, if need be.
const BUILDING = 120_000;
// More than run and wait, so that the script has to block.
const FILES = 100;

let folder: string;
let copies: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nb-sample-'));
  copies = join(folder, 'copies');
  mkdirSync(join(folder, 'in', 'inner'), { recursive: true });
  for (let i = 0; i < FILES; i++) writeFileSync(join(folder, 'in', nameOf(i)), contentOf(i));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test(
  'npm run sample:04 prints all sums in order, and ends after the last copy',
  async () => {
    const { code, stdout, stderr } = await startEntry(SAMPLE, 'main', [join(folder, 'in'), copies]).ended;
    expect(code).toBe(0);
    const names = Array.from({ length: FILES }, (_, i) => nameOf(i)).toSorted();
    expect(stdout).toBe(
      execFileSync('sha256sum', names, {
        cwd: join(folder, 'in'),
        encoding: 'utf8',
      }),
    );
    for (let i = 0; i < FILES; i++) expect(copyOf(i).equals(contentOf(i))).toBe(true);
    // Some were open when the script was through: that the process waited for them is why they are there.
    expect(stderr).toMatch(/: [1-9]\d* are not finished at the end of the script\.$/m);
  },
  BUILDING,
);

test('it tells what fails, whether the script asks or not, and does the rest', async () => {
  // Where the copy of file 3 should go there is a folder already.
  mkdirSync(join(copies, `${nameOf(3)}.gz`), { recursive: true });
  const { code, stdout, stderr } = await startEntry(SAMPLE, 'main', [join(folder, 'in'), copies]).ended;
  expect(code).toBe(1);
  expect(stderr).toContain(
    `EISDIR: illegal operation on a directory, open '${join(copies, nameOf(3))}.gz'\n`,
  );
  expect(stdout.split('\n')).toHaveLength(FILES + 1);
  expect(copyOf(FILES - 1).equals(contentOf(FILES - 1))).toBe(true);
});

test('a folder that does not exist', async () => {
  const { code, stdout, stderr } = await startEntry(SAMPLE, 'main', [join(folder, 'none'), copies]).ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('ENOENT: no such file or directory');
  expect(existsSync(copies)).toBe(false);
});

function nameOf(i: number): string {
  return i % 2 === 0 ? `file ${i}` : join('inner', `file ${i}`);
}

function contentOf(i: number): Buffer {
  return Buffer.alloc(i * 5_000, `content ${i} `);
}

function copyOf(i: number): Buffer {
  return gunzipSync(readFileSync(join(copies, `${nameOf(i)}.gz`)));
}
