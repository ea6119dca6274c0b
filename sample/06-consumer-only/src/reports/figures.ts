import { setTimeout } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';

/** Stands for a slow database. */
@Injectable()
export class Figures {
  async sum(customer: string): Promise<number> {
    await setTimeout(100);
    return customer.length;
  }
}
