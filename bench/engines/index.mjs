// Which engines there are, and which of them can run here.

/** In the order of the tables. Each module exports the interface that README.md describes. */
export const ENGINES = [
  'floor',
  'floor-pages',
  'ours',
  'ours-no-context',
  'ours-standalone',
  'bullmq',
  'bee',
];

export const loadEngine = (name) => import(`./${name}.mjs`);

const NEST = ['ioredis', '@nestjs/core', '@nestjs/common', 'reflect-metadata'];

const NEEDS = {
  floor: ['ioredis'],
  'floor-pages': ['ioredis'],
  ours: NEST,
  'ours-no-context': NEST,
  'ours-standalone': NEST,
  bullmq: ['ioredis', 'bullmq'],
  bee: ['bee-queue'],
};

function isInstalled(name) {
  try {
    return Boolean(import.meta.resolve(name));
  } catch {
    return false;
  }
}

/** Why an engine cannot run here, or undefined when it can. */
export async function obstacle(name) {
  const absent = NEEDS[name].filter((dependency) => !isInstalled(dependency));
  if (absent.length > 0) {
    const where = name.startsWith('ours') ? 'the root of the repository' : 'bench';
    return `${absent.join(', ')} not installed: npm ci (in ${where})`;
  }
  return (await loadEngine(name)).missing?.();
}
