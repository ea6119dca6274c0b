import { readable } from '../files/path-text.js';
import type { Content } from '../files/hash-file.js';

/** Files with the same content. */
export interface DuplicateGroup {
  readonly size: number;
  readonly count: number;
  /** Some of them. */
  readonly paths: string[];
}

const PATHS_KEPT = 3;
const WORST_SHOWN = 5;

/** The different contents that were found: what a scan must remember of every file. */
export class Contents {
  files = 0;
  bytes = 0;
  duplicateGroups = 0;
  wastedBytes = 0;
  private readonly known = new Map<string, { size: number; count: number; paths: string[] }>();

  add(path: string, { size, hash }: Content): void {
    this.files += 1;
    this.bytes += size;
    const same = this.known.get(hash);
    if (!same) {
      this.known.set(hash, { size, count: 1, paths: [path] });
      return;
    }
    if (same.count === 1) this.duplicateGroups += 1;
    this.wastedBytes += size;
    same.count += 1;
    if (same.paths.length < PATHS_KEPT) same.paths.push(path);
  }

  /** The groups that waste most. */
  worst(): DuplicateGroup[] {
    const waste = ({ size, count }: DuplicateGroup): number => size * (count - 1);
    let worst: DuplicateGroup[] = [];
    for (const group of this.known.values()) {
      if (waste(group) <= (worst[WORST_SHOWN - 1] ? waste(worst[WORST_SHOWN - 1]!) : 0)) continue;
      worst = [...worst, group].toSorted((a, b) => waste(b) - waste(a)).slice(0, WORST_SHOWN);
    }
    return worst.map((group) => ({ ...group, paths: group.paths.map(readable) }));
  }

  /** Forgets the files; the sums stay. */
  clear(): void {
    this.known.clear();
  }
}
