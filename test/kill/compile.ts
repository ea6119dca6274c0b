import { transformFile } from '@swc/core';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACHE = join(ROOT, 'node_modules/.cache');
const LUA = 'lib/broker/redis/scripts';

/**
 * Compiles `lib/` and `entry` for processes of their own, to a folder from where they find their dependencies.
 * Types are not checked here: `npm run typecheck` does.
 */
export async function compile(entry: string): Promise<{ entry: string; remove(): Promise<void> }> {
  await mkdir(CACHE, { recursive: true });
  const folder = await mkdtemp(join(CACHE, 'nb-kill-'));
  const sources = await readdir(join(ROOT, 'lib'), { recursive: true });
  const files = sources.filter((name) => name.endsWith('.ts')).map((name) => join('lib', name));
  await Promise.all([...files, relative(ROOT, entry)].map((file) => compileFile(file, folder)));
  await cp(join(ROOT, LUA), join(folder, LUA), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  return {
    entry: join(folder, compiledName(relative(ROOT, entry))),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function compileFile(file: string, folder: string): Promise<void> {
  const { code } = await transformFile(join(ROOT, file), {
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
    module: { type: 'es6' },
  });
  const target = join(folder, compiledName(file));
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, code);
}

function compiledName(file: string): string {
  return file.replace(/\.ts$/, '.js');
}
