import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A process of a sample, as its npm script starts it. */
export interface SampleProcess {
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
  /** Resolves with the match once stderr holds it. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
}

/** Sample 01, as `npm start` and `npm run consumer` do. */
export function startSample(
  entry: 'main' | 'consumer',
  args?: readonly string[],
  env?: NodeJS.ProcessEnv,
): SampleProcess {
  return startEntry('01-duplicate-files', entry, args, env);
}

export function startEntry(
  sample: string,
  entry: string,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): SampleProcess {
  const { REDIS_URL: _redis, PORT: _port, ...inherited } = process.env;
  const child = spawn(process.execPath, ['scripts/start.mjs', sample, entry, ...args], {
    cwd: ROOT,
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => (stdout += data));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const heard = new Set<() => void>();
  child.stderr.on('data', (data) => {
    stderr += data;
    for (const listener of heard) listener();
  });
  return {
    ended: ended.then((code) => ({ code, stdout, stderr })),
    kill: (signal) => child.kill(signal),
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(stderr);
          if (match) resolve(match);
        };
        heard.add(look);
        void ended.then(() => reject(new Error(`It ended without saying ${pattern}: ${stderr}`)));
        look();
      }),
  };
}

/** What `npm start -- --json <folder>` prints. */
export async function scan(folder: string, env?: NodeJS.ProcessEnv): Promise<Record<string, number>> {
  const { code, stdout, stderr } = await startSample('main', ['--json', folder], env).ended;
  if (code !== 0) throw new Error(`Exit code ${code}: ${stderr}`);
  return JSON.parse(stdout) as Record<string, number>;
}
