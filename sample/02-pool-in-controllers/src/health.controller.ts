import { Controller, Get } from '@nestjs/common';
import { InjectPool, NbAioPool, type PoolStats } from 'nestjs-nb-aiopool';

@Controller('health')
export class HealthController {
  constructor(
    @InjectPool() private readonly pool: NbAioPool,
    @InjectPool('passwords') private readonly passwords: NbAioPool,
  ) {}

  /** What runs and what waits; it uses no pool, so it answers also when they are full. */
  @Get()
  show(): { pools: PoolStats[] } {
    return { pools: [this.pool.stats(), this.passwords.stats()] };
  }
}
