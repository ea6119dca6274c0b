// Puts the TypeScript of a page of docs/ there: the regions of the example files that its markers name. The tests run
// the same files. The page says itself where they are: <!-- examples: test/from-python/examples -->.
//
//   node scripts/write-examples.mjs docs/from-python.md ...   (no page: all that name a folder)
//
// With --check it writes nothing, and fails where page and files differ.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');
const given = process.argv.slice(2).filter((each) => each !== '--check');

const FOLDER = /^<!-- examples: (\S+) -->$/m;
const BLOCK = /(<!-- example: (\S+) -->\n\n)?```ts\n([\s\S]*?)```\n/g;

for (const page of given.length > 0 ? given : pages()) write(page);

function pages() {
  const all = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
  return all
    .map((name) => join(root, 'docs', name))
    .filter((page) => FOLDER.test(readFileSync(page, 'utf8')));
}

function write(page) {
  const before = readFileSync(page, 'utf8');
  const folder = FOLDER.exec(before)?.[1];
  if (folder === undefined) return fail(page, ['it names no folder: <!-- examples: test/... -->']);
  const regions = readRegions(join(root, folder));
  const { after, faults, quoted } = quote(before, regions);
  for (const name of regions.keys()) if (!quoted.has(name)) faults.push(`nobody quotes ${name}`);
  if (!check) writeFileSync(page, after);
  console.log(`${quoted.size} of ${regions.size} regions`);
  fail(page, faults);
}

function fail(page, faults) {
  for (const fault of faults) console.error(`${page}: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}

function quote(before, regions) {
  const faults = [];
  const quoted = new Set();
  const after = before.replace(BLOCK, (block, marker, name, code) => {
    if (name === undefined || !regions.has(name)) {
      const what =
        name === undefined ? `a block without a marker: ${code.split('\n')[0]}` : `no region ${name}`;
      faults.push(what);
      return block;
    }
    quoted.add(name);
    if (check && code !== regions.get(name)) faults.push(`not what is in ${name}`);
    return `${marker}\`\`\`ts\n${regions.get(name)}\`\`\`\n`;
  });
  return { after, faults, quoted };
}

/** By `file#name`. Regions of one name in a file belong together. */
function readRegions(folder) {
  const found = new Map();
  const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.ts'));
  for (const name of names.toSorted((a, b) => (a < b ? -1 : 1))) {
    const text = readFileSync(join(folder, name), 'utf8');
    for (const [, region, code] of text.matchAll(/^ *\/\/ #region (\w+)\n([\s\S]*?)^ *\/\/ #endregion$/gm)) {
      const key = `${name}#${region}`;
      const last = found.get(key);
      found.set(
        key,
        last === undefined ? asQuoted(code) : `${last.trimEnd()}\n\n${asQuoted(code).trimStart()}`,
      );
    }
  }
  return found;
}

/** As a reader would write it: from the margin, with the package's name. */
function asQuoted(code) {
  const lines = code.split('\n');
  const margin = Math.min(...lines.filter(Boolean).map((line) => line.search(/\S/)));
  return lines
    .map((line) => line.slice(margin))
    .join('\n')
    .replace(/'(?:\.\.\/)+lib\/(?:(\w+)\/)?index\.js'/g, (_, room) =>
      room === undefined ? "'nestjs-nb-aiopool'" : `'nestjs-nb-aiopool/${room}'`,
    );
}
