import { execFileSync } from 'node:child_process';
import { lstatSync } from 'node:fs';

/** What `find -type f | sha256sum` says of a folder. */
export function sha256sum(folder: string): Record<string, number> {
  const command = `find "$0" -type f -print0 | xargs -0 -r sha256sum -z`;
  const output = execFileSync('sh', ['-c', command, folder], { maxBuffer: 1 << 28, encoding: 'latin1' });
  const groups = new Map<string, number[]>();
  let bytes = 0;
  const lines = output.split('\0').slice(0, -1);
  for (const line of lines) {
    const { size } = lstatSync(Buffer.from(line.slice(66), 'latin1'));
    const hash = line.slice(0, 64);
    groups.set(hash, [...(groups.get(hash) ?? []), size]);
    bytes += size;
  }
  const duplicates = [...groups.values()].filter((sizes) => sizes.length > 1);
  return {
    files: lines.length,
    bytes,
    duplicateGroups: duplicates.length,
    wastedBytes: duplicates.reduce((sum, sizes) => sum + sizes[0]! * (sizes.length - 1), 0),
  };
}
