// Packs the package, installs it as users do, and compiles and runs small applications: npm run test:package
//
//   nest-12  Nest 12 and ioredis 6, the application as ES modules and as CommonJS
//   nest-11  Nest 11 and ioredis 5, the same
//   plain    neither Nest nor ioredis: ./pool, ./flow and ./executor
//
// All of it happens in a folder of its own under the system's temporary ones, where nothing of this repository's
// node_modules is found.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const tsc = join(root, 'node_modules/typescript/bin/tsc');
const jest = join(root, 'node_modules/jest/bin/jest.js');
const run = promisify(execFile);

const settings = (module, moduleResolution, ...rest) => [
  '--module',
  module,
  '--moduleResolution',
  moduleResolution,
  ...rest,
];
/** What else consumers set, beside the tsconfig.json here: by the package.json "type" of their code. */
const SETTINGS = {
  module: { node16: settings('node16', 'node16') },
  commonjs: {
    'commonjs, bundler': settings('commonjs', 'bundler'),
    // What Nest 11 applications were born with. It reads package.json's typesVersions, not its exports.
    'commonjs, node10': settings('commonjs', 'node10', '--ignoreDeprecations', '6.0'),
  },
};

/** Nest 12 is made of ES modules itself: its users have settled how their tests load them. */
const WITH_JEST = 'nest-11, commonjs';

const temporary = mkdtempSync(join(tmpdir(), 'nb-package-'));
let failures = 0;
try {
  await checkAll();
} finally {
  if (process.env.NB_KEEP) console.log(`Kept: ${temporary}`);
  else rmSync(temporary, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;

async function checkAll() {
  const tarball = await pack();
  await Promise.all(
    ['nest-12', 'nest-11', 'plain'].map(async (consumer) => {
      if (!(await check(`${consumer}: install`, () => install(consumer, tarball)))) return;
      for (const type of consumer === 'plain' ? ['module'] : ['module', 'commonjs']) {
        await checkApplication(consumer, type);
      }
    }),
  );
}

async function pack() {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', temporary], { cwd: root });
  return join(temporary, JSON.parse(stdout)[0].filename);
}

/** The peers in their locked versions, and the package on top. */
async function install(consumer, tarball) {
  const folder = join(temporary, consumer);
  mkdirSync(folder);
  for (const name of ['package.json', 'package-lock.json']) {
    cpSync(join(here, consumer, name), join(folder, name));
  }
  const options = ['--no-save', '--no-audit', '--no-fund', '--prefer-offline'];
  await run('npm', ['install', tarball, ...options], { cwd: folder });
  if (consumer !== 'plain') return;
  for (const absent of ['@nestjs', 'ioredis', 'rxjs']) {
    if (existsSync(join(folder, 'node_modules', absent))) throw new Error(`It installs ${absent}.`);
  }
}

async function checkApplication(consumer, type) {
  const folder = join(temporary, consumer, type);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type }));
  cpSync(join(here, 'tsconfig.json'), join(folder, 'tsconfig.json'));
  cpSync(join(here, 'app'), join(folder, 'src'), { recursive: true });
  if (consumer === 'plain') {
    for (const name of ['app.ts', 'app.test.ts', 'types.ts']) rmSync(join(folder, 'src', name));
    cpSync(join(here, 'plain/main.ts'), join(folder, 'src/main.ts'));
  }
  const what = `${consumer}, ${type}`;
  if (await check(`${what}: compile (nodenext)`, () => compile(folder))) {
    await check(`${what}: run`, () => runToItsEnd(folder));
    if (what === WITH_JEST) await check(`${what}: jest`, () => runJest(folder));
  }
  for (const [name, options] of Object.entries(SETTINGS[type])) {
    await check(`${what}: types (${name})`, () => compile(folder, '--noEmit', ...options));
  }
}

async function compile(folder, ...options) {
  await run(process.execPath, [tsc, '-p', folder, '--pretty', 'false', ...options]);
}

/** It ends by itself, and neither Node nor Nest has anything to warn about. */
async function runToItsEnd(folder) {
  const program = join(folder, 'dist/main.js');
  const { stdout, stderr } = await run(process.execPath, [program], { cwd: folder, timeout: 20_000 });
  if (stdout !== 'ok\n' || stderr !== '') throw Object.assign(new Error('Not ok.'), { stdout, stderr });
}

async function runJest(folder) {
  const config = join(here, 'jest.config.cjs');
  await run(process.execPath, [jest, '--config', config, '--rootDir', folder], { cwd: folder });
}

async function check(what, work) {
  const start = performance.now();
  try {
    await work();
    console.log(`ok      ${what} (${((performance.now() - start) / 1_000).toFixed(1)} s)`);
    return true;
  } catch (error) {
    failures++;
    console.log(`FAILED  ${what}: ${error.message}\n${error.stdout ?? ''}${error.stderr ?? ''}`);
    return false;
  }
}
