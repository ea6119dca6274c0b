import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { BadRequestException, Body, Controller, HttpCode, Post } from '@nestjs/common';
import { InjectPool, NbAioPool } from 'nestjs-nb-aiopool';

const compress = promisify<string, Buffer>(gzip);

/** Uses the pool that all share; full passwords don't slow it down. */
@Controller('archives')
export class ArchivesController {
  constructor(@InjectPool() private readonly pool: NbAioPool) {}

  /** Compresses a text; 503 while the pool is full. */
  @Post()
  @HttpCode(200)
  async pack(@Body() body: { text?: unknown } | undefined): Promise<{ gzip: string }> {
    const text = body?.text;
    if (typeof text !== 'string')
      throw new BadRequestException('Send the text to compress: {"text": "..."}.');
    return this.pool.run(async () => ({ gzip: (await compress(text)).toString('base64') }), { block: false });
  }
}
