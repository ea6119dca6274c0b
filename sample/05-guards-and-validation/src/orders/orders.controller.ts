import { Body, Controller, Headers, HttpCode, Post, UseFilters } from '@nestjs/common';
import { InjectTasks, Tasks } from 'nestjs-nb-aiopool';
import type { Order } from './order.js';
import { OrderTasks } from './order.tasks.js';
import { SchemaFilter } from './schema.filter.js';

@Controller('orders')
@UseFilters(SchemaFilter)
export class OrdersController {
  constructor(@InjectTasks(OrderTasks) private readonly orders: Tasks<OrderTasks>) {}

  /** 202 with the message's id; 400 if it is no order, 403 for unknown tenants. */
  @Post()
  @HttpCode(202)
  async place(@Headers('x-tenant') tenant: string, @Body() body: unknown): Promise<{ id: string }> {
    // Whatever the body is: submit checks it.
    const { id } = await this.orders.place.with({ headers: { tenant } }).submit(body as Order);
    return { id };
  }
}
