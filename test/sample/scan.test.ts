import { describe, expect, test } from '@jest/globals';
import * as fc from '../fast-check.js';
import type { Report } from '../../sample/01-duplicate-files/src/scan/report.js';
import { Scan } from '../../sample/01-duplicate-files/src/scan/scan.js';

/** A folder: how many files it has, and its sub-folders. */
interface Folder {
  readonly files: number;
  readonly folders: readonly Folder[];
}

function folder(depth: number): fc.Arbitrary<Folder> {
  const folders = depth > 1 ? fc.array(folder(depth - 1), { maxLength: 3 }) : fc.constant([]);
  return fc.record({ files: fc.nat(4), folders });
}

describe('a scan', () => {
  test('is complete at the right report, whatever is delivered twice and in whichever order', () => {
    fc.assert(
      fc.property(
        folder(4),
        fc.infiniteStream(fc.boolean()),
        fc.infiniteStream(fc.nat()),
        (root, again, order) => {
          const scan = new Scan('s', '/');
          const reports = shuffled(
            reportsOf(root, () => again.next().value as boolean),
            order,
          );
          for (const report of reports) scan.gather(report);
          expect(scan.isComplete).toBe(true);
          const { files, duplicateGroups } = scan.summary;
          expect(files).toBe(count(root));
          expect(duplicateGroups).toBe(files > 1 ? 1 : 0);
        },
      ),
    );
  });

  test('is not complete while a report is missing', () => {
    fc.assert(
      fc.property(folder(4), fc.nat(), (root, missing) => {
        const scan = new Scan('s', '/');
        const reports = reportsOf(root, () => false);
        reports.splice(missing % reports.length, 1);
        for (const report of reports) scan.gather(report);
        expect(scan.isComplete).toBe(false);
      }),
    );
  });
});

/** As the tasks report a tree of equal files. A folder that is listed again is so with all that is in it. */
function reportsOf(root: Folder, again: () => boolean): Report[] {
  const reports: Report[] = [];
  let listings = 0;
  const send = (report: Report): void => {
    reports.push(report);
    if (again()) reports.push(report);
  };
  const list = (each: Folder, listing: string, index: number): void => {
    const contents = `listing-${listings++}`;
    const entries = each.files + each.folders.length;
    const place = { scan: 's', path: '/', listing };
    send({ ...place, kind: 'listed', index, contents, entries });
    each.folders.forEach((sub, i) => list(sub, contents, each.files + i));
    for (let i = 0; i < each.files; i++) {
      send({ ...place, kind: 'hashed', listing: contents, index: i, size: 1, hash: 'h' });
    }
    if (listings < 100 && again()) list(each, listing, index);
  };
  list(root, 'root', 0);
  return reports;
}

function shuffled(reports: readonly Report[], order: Iterator<number>): Report[] {
  return reports
    .map((report) => ({ report, key: order.next().value as number }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ report }) => report);
}

function count({ files, folders }: Folder): number {
  return folders.reduce((sum, each) => sum + count(each), files);
}
