import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMainThread, workerData } from 'node:worker_threads';
import { InvalidOptionError } from '../errors.js';
import { quote } from '../options.js';
import { ExecutorModuleError } from './errors.js';
import { OWNER, type SupervisorData, type ThreadData } from './wire/messages.js';

/**
 * The module to import, last, after those whose threads this code runs in.
 *
 * @throws InvalidOptionError for what does not name a module by itself.
 * @throws ExecutorModuleError when it is one of those already.
 */
export function resolveModules(given: URL | string): readonly string[] {
  const module = resolve(given);
  const above = modulesAbove();
  if (above.includes(module)) {
    throw new ExecutorModuleError(
      `AsyncPoolExecutor: the module ${module}, or one that Node preloads, makes an executor for itself, and does so ` +
        `again in each thread of that executor, without end; keep the functions in a module of their own, or make ` +
        `the executor only where isMainThread of node:worker_threads is true.`,
    );
  }
  return [...above, module];
}

/** Of others Node says only in the thread that it can't import them. */
const IMPORTABLE = new Set(['file:', 'data:', 'node:']);

function resolve(given: unknown): string {
  const text = typeof given === 'object' && given !== null && 'href' in given ? given.href : given;
  if (typeof text === 'string') {
    if (isAbsolute(text)) return pathToFileURL(text).href;
    if (URL.canParse(text) && IMPORTABLE.has(new URL(text).protocol)) return new URL(text).href;
  }
  // A relative path would be relative to a file of this package.
  throw new InvalidOptionError(
    `AsyncPoolExecutor: the module must be a file:, data: or node: URL or an absolute path, but was ${quote(given)}; ` +
      `write new URL('./work.js', import.meta.url).`,
  );
}

function modulesAbove(): readonly string[] {
  const data = workerData as Partial<ThreadData | SupervisorData> | null;
  return !isMainThread && data?.owner === OWNER ? (data.modules ?? []) : [];
}
