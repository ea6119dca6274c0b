// Runs a sample: node scripts/start.mjs <sample> <entry> [arguments]. Builds first what is older than its source.
// (`nest start` does it too, in 6 s each time, and through a shell that changes arguments such as '$HOME'.)
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [sample, entry] = process.argv.splice(2, 2);
const folder = join('sample', sample);

await alone(join(root, 'node_modules', '.nb-sample-build'), () => {
  build(
    'dist/index.js',
    ['lib', 'package.json', 'tsconfig.json', 'tsconfig.build.json'],
    ['scripts/build.mjs'],
  );
  build(
    join(folder, 'dist', `${entry}.js`),
    ['dist/index.js', join(folder, 'src'), join(folder, 'tsconfig.json')],
    ['node_modules/typescript/bin/tsc', '-p', folder],
  );
});
await import(pathToFileURL(join(root, folder, 'dist', `${entry}.js`)).href);

function build(product, sources, command) {
  const madeAt = existsSync(join(root, product)) ? statSync(join(root, product)).mtimeMs : 0;
  if (sources.every((source) => newest(join(root, source)) <= madeAt)) return;
  console.error(`Building ${dirname(product)} ...`);
  try {
    execFileSync(process.execPath, command, { cwd: root, stdio: ['ignore', 2, 2] });
  } catch {
    rmSync(join(root, product), { force: true });
    process.exit(1);
  }
}

function newest(path) {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/** A scan and its consumers may be started at the same moment: one of them builds, the others wait. */
async function alone(lock, work) {
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (!isHeld(lock)) rmSync(lock, { force: true });
      await setTimeout(100);
    }
  }
  process.once('exit', () => rmSync(lock, { force: true }));
  work();
  rmSync(lock, { force: true });
}

function isHeld(lock) {
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0);
    return true;
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}
