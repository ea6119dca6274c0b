import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../..', import.meta.url));
const lib = join(root, 'lib');

/**
 * What each room may import, besides itself, node: and the ground floor. Arrows point down only, so that a room
 * can be read, tested and loaded without those above it.
 */
const ROOMS: Record<string, { rooms: string[]; packages: RegExp }> = {
  // The ground floor: errors.ts, options.ts and signal-watch.ts. `leven` finds the near name of an unknown option.
  ground: { rooms: [], packages: /^leven$/ },
  pool: { rooms: [], packages: /^$/ },
  flow: { rooms: ['pool'], packages: /^$/ },
  executor: { rooms: ['pool'], packages: /^$/ },
  // Types only: the interface that schemas of any library share.
  queue: { rooms: ['pool'], packages: /^@standard-schema\/spec$/ },
  'broker/memory': { rooms: ['queue'], packages: /^$/ },
  // The only room that imports ioredis.
  'broker/redis': { rooms: ['queue'], packages: /^ioredis$/ },
  standalone: { rooms: ['pool', 'queue', 'broker/memory', 'broker/redis'], packages: /^$/ },
  // The only room that imports @nestjs/*, and from package roots only.
  nest: {
    rooms: ['pool', 'queue', 'broker/memory', 'broker/redis', 'standalone'],
    packages: /^(@nestjs\/(common|core)|reflect-metadata|rxjs)$/,
  },
  // The kit for users' tests. It takes Nest's testing builder as it is, and needs no package for it.
  testing: {
    rooms: ['pool', 'queue', 'broker/memory', 'broker/redis', 'standalone', 'nest'],
    packages: /^$/,
  },
  face: {
    rooms: ['pool', 'flow', 'executor', 'queue', 'broker/memory', 'broker/redis', 'standalone', 'nest'],
    packages: /^$/,
  },
};

function roomOf(file: string): string {
  const path = relative(lib, file);
  if (path === 'index.ts') return 'face';
  const parts = path.split('/');
  if (parts.length === 1) return 'ground';
  return parts[0] === 'broker' ? `broker/${parts[1]}` : (parts[0] ?? '');
}

function sources(): string[] {
  return readdirSync(lib, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(lib, name));
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const statements =
    /(?:^|\n)\s*(?:import|export)\s[^'";]*?from\s*'([^']+)'|(?:^|\n)\s*import\s*'([^']+)'|import\('([^']+)'\)/g;
  return [...text.matchAll(statements)].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
}

/** What is wrong with one import, if anything. */
function fault(file: string, specifier: string): string | undefined {
  const room = roomOf(file);
  const rules = ROOMS[room];
  const at = `${relative(root, file)} imports '${specifier}'`;
  if (!rules) return `${relative(root, file)} is in a room that this test does not know: add it to ROOMS`;
  if (specifier.startsWith('node:')) return undefined;
  if (!specifier.startsWith('.'))
    return rules.packages.test(specifier) ? undefined : `${at}: not a package of room ${room}`;
  const target = roomOf(normalize(join(dirname(file), specifier)).replace(/\.js$/, '.ts'));
  const allowed = target === room || target === 'ground' || rules.rooms.includes(target);
  return allowed ? undefined : `${at}: the arrow from ${room} to ${target} points up`;
}

describe('the house', () => {
  test('arrows between rooms point down only', () => {
    const faults = sources().flatMap((file) => importsOf(file).map((specifier) => fault(file, specifier)));
    expect(faults.filter(Boolean)).toEqual([]);
    // The test reads something: every room is there, and imports were found.
    expect(new Set(sources().map(roomOf))).toEqual(new Set(Object.keys(ROOMS)));
    expect(faults.length).toBeGreaterThan(100);
  });

  test.each([
    ['lib/pool/scheduler.ts', '../queue/index.js'],
    ['lib/queue/codec.ts', 'ioredis'],
    ['lib/standalone/index.ts', '@nestjs/common'],
    ['lib/nest/index.ts', '@nestjs/core/injector/module.js'],
    ['lib/broker/memory/index.ts', '../redis/index.js'],
  ])('it would see that %s imports %s', (file, specifier) => {
    expect(fault(join(root, file), specifier)).toMatch(/points up|not a package/);
  });

  test('no folder or file is called utils, helpers or common', () => {
    expect(
      sources().filter((file) => /(utils?|helpers?|common)(\/|\.ts$)/.test(relative(lib, file))),
    ).toEqual([]);
  });
});

describe('subpath exports', () => {
  // A hook refuses the packages, as if they were not installed.
  const refuse = `
    import { register } from 'node:module';
    const hook = 'export function resolve(name, context, next) {' +
      'if (/^(ioredis|@nestjs\\\\/|reflect-metadata|rxjs)/.test(name)) throw new Error("not installed: " + name);' +
      'return next(name, context); }';
    register('data:text/javascript,' + encodeURIComponent(hook));
  `;
  const load = (room: string): string => {
    const script = `${refuse} const room = await import(${JSON.stringify(join(root, 'dist', room, 'index.js'))});
      console.log(Object.keys(room).join(' '));`;
    return execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      cwd: root,
      stdio: 'pipe',
    });
  };

  test('./pool loads where neither ioredis nor Nest is installed', () => {
    expect(load('pool')).toMatch(/\bNbAioPool\b/);
  });

  test('./flow loads where neither ioredis nor Nest is installed', () => {
    expect(load('flow')).toMatch(/\bamap\b/);
  });

  test('./executor loads where neither ioredis nor Nest is installed', () => {
    expect(load('executor')).toMatch(/\bAsyncPoolExecutor\b/);
  });

  test('the hook does refuse: ./standalone needs ioredis', () => {
    expect(() => load('standalone')).toThrow(/not installed: ioredis/);
  });

  test('./standalone does not need Nest', () => {
    const script = `${refuse.replace('ioredis|', '')} await import(${JSON.stringify(join(root, 'dist/standalone/index.js'))}); console.log('loaded');`;
    expect(
      execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }),
    ).toMatch(/loaded/);
  });
});
