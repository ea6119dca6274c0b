// Queue management. docs/migrating-from-bullmq.md quotes the regions.
import { Injectable } from '@nestjs/common';
import {
  AioTaskRegistry,
  InjectTasks,
  Tasks,
} from '../../../lib/index.js';
import { AudioTasks } from './processor.js';

@Injectable()
export class AudioAdmin {
  constructor(
    readonly registry: AioTaskRegistry,
    @InjectTasks(AudioTasks)
    readonly audio: Tasks<AudioTasks>,
  ) {}
}

export async function pause({
  registry,
}: AudioAdmin): Promise<void> {
  // #region pause
  await registry.pause('audio'); // in this process
  // #endregion
}

export async function resume({
  registry,
}: AudioAdmin): Promise<void> {
  // #region resume
  await registry.resume('audio');
  // #endregion
}

export async function count({
  audio,
}: AudioAdmin): Promise<number> {
  // #region count
  const size = await audio.transcode.getQueueSize();
  const dead = await audio.transcode.listDead();
  const removed = await audio.transcode.clearQueue();
  // #endregion
  return size + dead.length + removed;
}
