import { readable } from '../files/path-text.js';
import type { DuplicateGroup } from '../scan/contents.js';
import type { Scan, Unreadable } from '../scan/scan.js';
import { peakMemoryBytes, readableBytes, readableCount } from './units.js';

const UNREADABLE_SHOWN = 10;

/** What the scan found, for people; paths start at the scanned folder. */
export function table(scan: Scan): string {
  const { files, bytes, duplicateGroups, wastedBytes, unreadable, seconds } = scan.summary;
  const rows: [string, string, string?][] = [
    ['files', readableCount(files)],
    ['bytes', readableCount(bytes), readableBytes(bytes)],
    ['duplicate groups', readableCount(duplicateGroups)],
    ['wasted bytes', readableCount(wastedBytes), readableBytes(wastedBytes)],
    ['unreadable', readableCount(unreadable)],
    ['seconds', seconds.toFixed(2)],
    ['peak memory', readableCount(peakMemoryBytes()), readableBytes(peakMemoryBytes())],
  ];
  const folder = readable(scan.folder);
  const width = Math.max(...rows.map(([, value]) => value.length));
  const lines = rows.map(([name, value, short]) =>
    `  ${name.padEnd(18)}${value.padStart(width)}  ${short ?? ''}`.trimEnd(),
  );
  return [
    `Duplicate files in ${folder}`,
    '',
    ...lines,
    ...worst(scan.worst),
    ...unread(scan.unreadable, unreadable),
  ]
    .join('\n')
    .replaceAll(`  ${folder}/`, '  ');
}

function worst(groups: readonly DuplicateGroup[]): string[] {
  if (groups.length === 0) return [];
  const lines = groups.map(({ size, count, paths }) => {
    const others = count > paths.length ? `\n      and ${readableCount(count - paths.length)} more` : '';
    return `  ${readableCount(count)} x ${readableBytes(size)}\n      ${paths.join('\n      ')}${others}`;
  });
  return ['', 'What wastes most:', ...lines];
}

function unread(some: readonly Unreadable[], count: number): string[] {
  if (count === 0) return [];
  const shown = some.slice(0, UNREADABLE_SHOWN);
  const lines = shown.map(({ path, reason }) => `  ${path}: ${reason}`);
  if (count > shown.length) lines.push(`  and ${readableCount(count - shown.length)} more`);
  return ['', 'Not read:', ...lines];
}
