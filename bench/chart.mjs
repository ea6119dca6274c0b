// Makes docs/benchmark.svg and docs/benchmark-memory.svg from a results file, and prints the table for
// docs/benchmark.md: node chart.mjs [results/latest.json] [folder for the pictures]
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { barChart } from './report/bar-chart.mjs';
import { memoryChart } from './report/memory-chart.mjs';
import { markdownTable } from './report/table.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [source = here('results/latest.json'), folder = here('../docs')] = process.argv.slice(2);

const results = JSON.parse(await readFile(source, 'utf8'));
const pictures = { 'benchmark.svg': barChart(results), 'benchmark-memory.svg': memoryChart(results) };
for (const [name, svg] of Object.entries(pictures)) {
  if (svg === undefined) continue;
  await writeFile(join(folder, name), svg);
  process.stderr.write(`${name} written\n`);
}
console.log(markdownTable(results));
