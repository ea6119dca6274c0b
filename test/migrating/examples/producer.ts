// A producer. docs/migrating-from-bullmq.md quotes the regions.
// #region producer
import { Injectable, Module } from '@nestjs/common';
import { InjectTasks, Tasks } from '../../../lib/index.js';
import { AudioTasks } from './processor.js';

@Injectable()
export class AudioService {
  constructor(
    @InjectTasks(AudioTasks)
    readonly audio: Tasks<AudioTasks>,
  ) {}

  async add(): Promise<string> {
    const sent = await this.audio.transcode.submit('a.wav');
    return sent.id;
  }
}

@Module({ providers: [AudioService] })
export class ProducerModule {}
// #endregion

export async function addBulk({
  audio,
}: AudioService): Promise<number> {
  // #region bulk
  const sent = await audio.transcode.submitMany([
    ['a.wav'],
    ['b.wav'],
  ]);
  // #endregion
  return sent.length;
}

export async function outcome({
  audio,
}: AudioService): Promise<string[]> {
  // #region outcome
  // Submit, and wait for the value
  const file = await audio.transcode.run('a.wav');

  // Keep it for a minute, for whoever knows the id
  const { id } = await audio.transcode
    .with({ result: 60_000 })
    .submit('b.wav');
  const other = await audio.transcode.result(id);
  // #endregion
  return [file, other];
}
