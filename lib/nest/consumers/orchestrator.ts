import type { Logger, OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import type { ConsumerPlan } from '../../queue/consumer/consumer-plan.js';
import { TaskConsumer, type Broker } from '../../queue/index.js';
import type { GracePeriod } from '../core/grace-period.js';
import type { AppPools } from '../pools/app-pools.js';
import { logEvents } from './event-log.js';
import type { AioTaskRegistry } from './task-registry.js';

/** What the orchestrator works with. */
export interface Consumption {
  readonly broker: Broker;
  readonly registry: AioTaskRegistry;
  readonly pools: AppPools;
  readonly grace: GracePeriod;
  readonly logger: Logger;
}

/** Starts the consumers when all modules are initialised, and stops them before any is destroyed. */
export class ConsumerOrchestrator implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly running: TaskConsumer[] = [];

  constructor(private readonly use: Consumption) {}

  async onApplicationBootstrap(): Promise<void> {
    const plans = this.use.registry.chosen();
    try {
      for (const plan of plans) await this.start(plan);
    } catch (error) {
      await this.stopAll();
      throw error;
    }
    if (plans.length > 0) this.use.logger.log(`Consuming ${plans.map(describe).join(', ')}`);
  }

  /** In this hook, and awaited: in a later one the providers that running tasks use would be gone. */
  async onModuleDestroy(): Promise<void> {
    await this.stopAll();
    await this.use.grace.allows(this.use.pools.onIdle());
  }

  private async start({ queue, settings, tasks }: ConsumerPlan): Promise<void> {
    const { broker, logger, registry } = this.use;
    const consumer = new TaskConsumer(queue, broker, settings, tasks, logEvents(logger));
    this.running.push(consumer);
    await consumer.start();
    registry.started(consumer);
  }

  private async stopAll(): Promise<void> {
    await Promise.all(
      this.running.splice(0).map(async (consumer) => {
        await consumer.stop(this.use.grace.left);
        this.use.registry.stopped(consumer);
      }),
    );
  }
}

function describe({ queue, settings, tasks }: ConsumerPlan): string {
  return `'${queue}' (${[...tasks.keys()].join(', ')}; ${settings.maxConcurrency} at once)`;
}
