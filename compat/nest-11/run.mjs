// Runs the Nest tests on Nest 11 and ioredis 5: npm run test:nest-11 [-- jest's arguments]
//
// It copies the sources and those tests to dist/, beside the node_modules of this folder. From there @nestjs/*, rxjs,
// reflect-metadata and ioredis are this folder's, and everything else is the repository's, by Node's own rules: for the
// tests, for the processes that they start, and for the compiler. A mapping in Jest would reach the first only.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const copy = join(here, 'dist');

// test/kill, test/pool, test/from-python: the Nest tests borrow their kits.
const COPIED = [
  'lib',
  'docs',
  'scripts',
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'test/redis-server.ts',
  'test/signals.ts',
  'test/kill',
  'test/pool',
  'test/from-python',
  'test/nest',
  'test/testing',
  'test/migrating',
];

install();
checkVersions();
copySources();
// test/testing starts a process on the built package; to build it checks lib/ with Nest 11's types.
run('the build', ['-p', join(copy, 'tsconfig.build.json')], 'node_modules/typescript/bin/tsc');
cpSync(join(copy, 'lib/broker/redis/scripts'), join(copy, 'dist/broker/redis/scripts'), { recursive: true });
run('the type check', ['-p', join(here, 'tsconfig.json')], 'node_modules/typescript/bin/tsc');
run(
  'the tests',
  ['--config', join(here, 'jest.config.js'), ...process.argv.slice(2)],
  '--experimental-vm-modules',
  '--no-warnings=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
);

/** `npm ci`, unless what it would install is there. */
function install() {
  const lock = readFileSync(join(here, 'package-lock.json'), 'utf8');
  const installed = join(here, 'node_modules/.installed-from.json');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === lock) return;
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: here, stdio: 'inherit' });
  if (status !== 0) process.exit(1);
  writeFileSync(installed, lock);
}

/** What is not here would be found in the repository, in its Nest 12 version, and run side by side with the rest. */
function checkVersions() {
  const { devDependencies } = readJson(join(root, 'package.json'));
  for (const name of Object.keys(devDependencies)) {
    if (!name.startsWith('@nestjs/') || name === '@nestjs/cli') continue;
    const { dependencies } = readJson(join(here, 'package.json'));
    if (name in dependencies) continue;
    console.error(`Nest 11: add ${name} to compat/nest-11/package.json, in its version for Nest 11.`);
    process.exit(1);
  }
  const { version } = readJson(join(here, 'node_modules/@nestjs/core/package.json'));
  console.log(`Nest ${version}`);
  if (!version.startsWith('11.')) process.exit(1);
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function copySources() {
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy);
  for (const each of COPIED) cpSync(join(root, each), join(copy, each), { recursive: true });
}

function run(what, args, ...program) {
  const { status } = spawnSync(process.execPath, [...program, ...args], { cwd: root, stdio: 'inherit' });
  if (status === 0) return;
  console.error(`Nest 11: ${what} failed.`);
  process.exit(1);
}
