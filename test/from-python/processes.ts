import { spawn, type ChildProcess } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transformFile } from '@swc/core';
import { compile } from '../kill/compile.js';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lines: readonly string[];
  readonly stderr: string;
}

/** A program of an example, running. */
export interface Program {
  readonly ended: Promise<Ended>;
  /** Resolves when it has printed so many lines with this start. */
  prints(start: string, count?: number): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

export interface Programs {
  /** @param speed how many times as fast the programs sleep and block. */
  run(name: string, speed: number, env?: NodeJS.ProcessEnv): Program;
  remove(): Promise<void>;
}

/** In place of node:timers/promises and of the blocking sleep: the same, in a fraction of the time. */
const FAST = `import { setTimeout as sleep } from 'node:timers/promises';
const speed = Number(process.env.SPEED);
const never = new Int32Array(new SharedArrayBuffer(4));
export const setTimeout = (ms, value, options) => sleep(ms / speed, value, options);
export const block = (ms) => void Atomics.wait(never, 0, 0, ms / speed);
`;

/** Compiles the programs of a folder of examples: Node reads no TypeScript, and a thread starts from a file. */
export async function compilePrograms(folder: string, names: readonly string[]): Promise<Programs> {
  const source = (name: string): string =>
    fileURLToPath(new URL(`./examples/${folder}/${name}.ts`, import.meta.url));
  const compiled = await compile(source(names[0]!));
  const target = dirname(compiled.entry);
  await writeFile(join(target, 'fast.js'), FAST);
  for (const name of names) await compileFast(source(name), target);
  return {
    remove: () => compiled.remove(),
    run: (name, speed, env) => start(join(target, `${name}.js`), speed, env),
  };
}

async function compileFast(file: string, target: string): Promise<void> {
  const { code } = await transformFile(file, {
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    module: { type: 'es6' },
  });
  const fast = code.replace(
    /'(node:timers\/promises|\.\/block\.js)'|"(node:timers\/promises|\.\/block\.js)"/g,
    "'./fast.js'",
  );
  await writeFile(join(target, basename(file).replace(/\.ts$/, '.js')), fast);
}

function start(file: string, speed: number, env: NodeJS.ProcessEnv = {}): Program {
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, ...env, SPEED: String(speed) },
    stdio: ['ignore', 'pipe', 'pipe'],
    // Not to hang for ever when something does not end.
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  process.once('exit', () => child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  const heard = new Set<() => void>();
  child.stderr.on('data', (data) => (stderr += data));
  child.stdout.on('data', (data) => {
    stdout += data;
    for (const look of heard) look();
  });
  const lines = (): string[] => stdout.split('\n').slice(0, -1);
  const ended = untilClosed(child).then(([code, signal]) => ({ code, signal, lines: lines(), stderr }));
  return {
    ended,
    kill: (signal) => child.kill(signal),
    prints: (wanted, count = 1) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (lines().filter((each) => each.startsWith(wanted)).length >= count) resolve();
        };
        heard.add(look);
        void ended.then(() => reject(new Error(`It ended without '${wanted}': ${stdout}${stderr}`)));
        look();
      }),
  };
}

function untilClosed(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
  return new Promise((resolve) => child.once('close', (code, signal) => resolve([code, signal])));
}
