import { readdir, realpath } from 'node:fs/promises';
import { bytesOf, textOf } from './path-text.js';
import { reasonOf } from './reason.js';

export interface Found {
  readonly kind: 'folder' | 'file' | 'unreadable';
  readonly path: string;
  /** Why it is unreadable. */
  readonly reason?: string;
}

/**
 * What is in a folder, as `find` sees it: links are not followed. Sound links are left out; broken links, link
 * loops, and what is neither file nor folder come as unreadable, and so does the folder itself when it can't be read.
 *
 * @param folder its real path: the links in it are compared with it.
 */
export async function listFolder(folder: string): Promise<Found[]> {
  const found: Found[] = [];
  try {
    const entries = await readdir(bytesOf(folder), { withFileTypes: true, encoding: 'buffer' });
    for (const entry of entries) {
      const path = `${folder === '/' ? '' : folder}/${textOf(entry.name)}`;
      if (entry.isFile()) found.push({ kind: 'file', path });
      else if (entry.isDirectory()) found.push({ kind: 'folder', path });
      else {
        const reason = entry.isSymbolicLink() ? await linkProblem(path, folder) : 'neither file nor folder';
        if (reason !== undefined) found.push({ kind: 'unreadable', path, reason });
      }
    }
  } catch (error) {
    found.push({ kind: 'unreadable', path: folder, reason: reasonOf(error) });
  }
  return found;
}

async function linkProblem(link: string, folder: string): Promise<string | undefined> {
  try {
    const target = textOf(await realpath(bytesOf(link), 'buffer'));
    const aroundUs = target === '/' || folder === target || folder.startsWith(`${target}/`);
    return aroundUs ? 'link loop' : undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'broken link';
    return code === 'ELOOP' ? 'link loop' : reasonOf(error);
  }
}
