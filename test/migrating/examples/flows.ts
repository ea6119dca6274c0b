// What stands in for a small flow. docs/migrating-from-bullmq.md quotes the region.
// #region flows
import { Injectable, Module } from '@nestjs/common';
import {
  AioTask,
  InjectTasks,
  Tasks,
} from '../../../lib/index.js';

@Injectable()
export class PartTasks {
  @AioTask('parts')
  async paint(idx: number): Promise<string> {
    return `part ${idx}`;
  }
}

@Injectable()
export class RootTasks {
  constructor(
    @InjectTasks(PartTasks)
    private readonly parts: Tasks<PartTasks>,
  ) {}

  @AioTask('root')
  async build(count: number): Promise<string> {
    const parts = Array.from({ length: count }, (_, idx) =>
      this.parts.paint.run(idx),
    );
    return (await Promise.all(parts)).join(', ');
  }
}

@Module({ providers: [PartTasks, RootTasks] })
export class FlowModule {}
// #endregion
