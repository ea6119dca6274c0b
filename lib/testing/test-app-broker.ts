import { AppBroker } from '../nest/core/app-broker.js';
import type { TaskQueue } from '../queue/index.js';
import type { TestConnection } from './test-connection.js';

/** Stands where the application's broker stood. Nothing connects to anything. */
export class TestAppBroker extends AppBroker {
  constructor(private readonly connection: TestConnection) {
    const { options, log } = connection.parts;
    // Checked as ever, but where messages would have gone does not matter.
    super({ ...options, broker: connection.broker }, log);
  }

  override queue(name: string): TaskQueue {
    return this.connection.queue(name);
  }

  override async close(): Promise<void> {
    await super.close();
    await this.connection.close();
  }
}
