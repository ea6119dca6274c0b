import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export type Mode = 'table' | 'json' | 'serve' | 'help';

export interface Arguments {
  readonly mode: Mode;
  readonly folder: string;
}

export const USAGE = `Finds files with the same content.

  npm start                      scans node_modules
  npm start -- <folder>          scans a folder
  npm start -- --json <folder>   prints one JSON object and nothing else
  npm start -- --serve           scans what is sent to POST /scans, until Ctrl+C`;

/** @throws Error in one line */
export function readArguments(args: string[]): Arguments {
  const flag = { type: 'boolean', default: false } as const;
  const { values, positionals } = parseArgs({
    args,
    options: { json: flag, serve: flag, help: flag },
    allowPositionals: true,
  });
  const modes = (['json', 'serve', 'help'] as const).filter((mode) => values[mode]);
  if (modes.length > 1) throw new Error(`--${modes[0]} and --${modes[1]} don't go together.`);
  const mode = modes[0] ?? 'table';
  if (positionals.length > (mode === 'serve' ? 0 : 1)) {
    throw new Error(`'${positionals.at(-1)}' is too much: see npm start -- --help.`);
  }
  return { mode, folder: folderOf(positionals[0]) };
}

/** Relative to where npm was called: npm itself goes to the project's folder. */
function folderOf(given: string | undefined): string {
  return given === undefined ? resolve('node_modules') : resolve(process.env['INIT_CWD'] ?? '', given);
}
