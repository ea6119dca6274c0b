// Where and with which versions a run was made.
import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';

const PACKAGES = ['ioredis', 'bullmq', 'bee-queue', '@nestjs/core'];

export async function describeMachine(packages = PACKAGES) {
  const versions = {};
  for (const name of packages) versions[name] = await versionOf(name);
  return { at: new Date().toISOString(), node: process.versions.node, cores: cpus().length, versions };
}

/** Undefined when it is not installed. */
async function versionOf(name) {
  try {
    const entry = import.meta.resolve(name);
    const root = entry.slice(0, entry.lastIndexOf(`/node_modules/${name}/`));
    const manifest = new URL(`${root}/node_modules/${name}/package.json`);
    return JSON.parse(await readFile(manifest, 'utf8')).version;
  } catch {
    return undefined;
  }
}

export async function redisVersion(client) {
  return /^redis_version:(\S+)/m.exec(await client.info('server'))?.[1];
}
