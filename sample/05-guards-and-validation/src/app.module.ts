import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { NbAioPoolModule } from 'nestjs-nb-aiopool';
import { Audit } from './orders/audit.interceptor.js';
import { OrderTasks } from './orders/order.tasks.js';
import { OrdersController } from './orders/orders.controller.js';
import { Payments } from './orders/payments.js';
import { TenantGuard } from './orders/tenant.guard.js';

@Module({
  // In this process, so that no server is needed; with Redis all of it works the same.
  imports: [NbAioPoolModule.forRoot({ broker: 'memory' })],
  controllers: [OrdersController],
  providers: [OrderTasks, Payments, Audit, { provide: APP_GUARD, useClass: TenantGuard }],
})
export class AppModule {}
