// Makes docs/pool-benchmark.svg and docs/pool-benchmark-memory.svg from a results file, and prints the tables for
// docs/pool-benchmark.md: node pool/chart.mjs [results/pool.json] [folder for the pictures]
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { barsChart } from './report/bars.mjs';
import { memoryPanels } from './report/memory-panels.mjs';
import { markdownReport } from './report/tables.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [source = here('../results/pool.json'), folder = here('../../docs')] = process.argv.slice(2);

const results = JSON.parse(await readFile(source, 'utf8'));
const pictures = {
  'pool-benchmark.svg': barsChart(results),
  'pool-benchmark-memory.svg': memoryPanels(results),
};
for (const [name, svg] of Object.entries(pictures)) {
  if (svg === undefined) continue;
  await writeFile(join(folder, name), svg);
  process.stderr.write(`${name} written\n`);
}
console.log(markdownReport(results));
