import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

/** All files of a folder and of the folders in it, as sorted paths that start at the folder. */
export function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted();
}
