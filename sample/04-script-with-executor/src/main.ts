// A synchronous script: no await, no promise, no callback but for errors.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { AsyncPoolExecutor } from 'nestjs-nb-aiopool/executor';
import { listFiles } from './list-files.js';

// npm itself goes to the project's folder.
const [folder = 'lib', target = mkdtempSync(join(tmpdir(), 'sample-04-'))] = process.argv
  .slice(2)
  .map((path) => resolve(process.env['INIT_CWD'] ?? '', path));

function complain(error: unknown): void {
  console.error((error as Error).message);
  process.exitCode = 1;
}

const executor = AsyncPoolExecutor.forModule<typeof import('./work.js')>(
  new URL('./work.js', import.meta.url),
  // Failures that nobody asks about come to onError.
  { size: 8, maxQueueSize: 32, onError: complain },
);
const files = listFiles(folder);

// submit() returns when the call is accepted: while 8 run and 32 wait it blocks.
const sums = files.map((file) => ({ file, sum: executor.submit('sha256', join(folder, file)) }));
for (const { file, sum } of sums) {
  try {
    // result() blocks until it is there; it throws what the function has thrown.
    console.log(`${sum.result()}  ${file}`);
  } catch (error) {
    complain(error);
  }
}

// Nobody asks for these results.
for (const file of files) executor.submit('compress', join(folder, file), join(target, `${file}.gz`));

const { running, waiting } = executor.stats();
console.error(`Copies in ${target}: ${running + waiting} are not finished at the end of the script.`);
// No shutdown() is needed: the process ends when they are.
