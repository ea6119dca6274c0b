import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { BadRequestException, Injectable } from '@nestjs/common';
import { InjectTasks, Tasks } from 'nestjs-nb-aiopool';
import { textOf } from '../files/path-text.js';
import { reasonOf } from '../files/reason.js';
import { FolderTasks } from '../tasks/folder.tasks.js';
import { Scan } from './scan.js';
import { Scans } from './scans.js';

/** Starts scans. */
@Injectable()
export class Scanner {
  constructor(
    private readonly scans: Scans,
    @InjectTasks(FolderTasks) private readonly folders: Tasks<FolderTasks>,
  ) {}

  /** @throws BadRequestException if there is no such folder */
  async start(folder: string): Promise<Scan> {
    const scan = new Scan(randomUUID(), await this.check(folder));
    this.scans.add(scan);
    await this.folders.list.submit(scan.root);
    return scan;
  }

  /** The folder's real path, as path text. */
  private async check(folder: string): Promise<string> {
    try {
      const stats = await stat(folder);
      if (!stats.isDirectory()) throw new BadRequestException(`'${folder}' is not a folder.`);
      await access(folder, constants.R_OK | constants.X_OK);
      return textOf(await realpath(folder, 'buffer'));
    } catch (error) {
      if (error instanceof BadRequestException) throw error;
      const { code } = error as NodeJS.ErrnoException;
      const problem = code === 'ENOENT' ? 'does not exist' : `can't be read: ${reasonOf(error)}`;
      throw new BadRequestException(`The folder '${folder}' ${problem}.`);
    }
  }
}
