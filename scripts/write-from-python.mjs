// Puts the TypeScript of docs/from-python.md there: the regions of test/from-python/examples that its markers name.
// With --check it writes nothing, and fails where the two differ. The tests run the same files.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = `${root}test/from-python/examples/`;
const [file = `${root}docs/from-python.md`] = process.argv.slice(2).filter((each) => each !== '--check');
const check = process.argv.includes('--check');

const BLOCK = /(<!-- example: (\S+) -->\n\n)?```ts\n([\s\S]*?)```\n/g;

const regions = readRegions();
const faults = [];
const quoted = new Set();

const before = readFileSync(file, 'utf8');
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
for (const name of regions.keys()) if (!quoted.has(name)) faults.push(`nobody quotes ${name}`);

if (!check) writeFileSync(file, after);
for (const fault of faults) console.error(`${file}: ${fault}`);
console.log(`${quoted.size} of ${regions.size} regions`);
if (faults.length > 0) process.exitCode = 1;

/** By `file#name`. Regions of one name in a file belong together. */
function readRegions() {
  const found = new Map();
  const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.ts'));
  for (const name of names.toSorted()) {
    const text = readFileSync(folder + name, 'utf8');
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
    .replace(/'(?:\.\.\/)+lib\/(\w+)\/index\.js'/g, "'nestjs-nb-aiopool/$1'");
}
