import { randomBytes, scrypt, type ScryptOptions } from 'node:crypto';
import { promisify } from 'node:util';
import { BadRequestException, Body, Controller, HttpCode, Post } from '@nestjs/common';
import { InjectPool, NbAioPool } from 'nestjs-nb-aiopool';

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);
/** 32 MB and some 100 ms each. */
const COST: ScryptOptions = { N: 1 << 15, r: 8, p: 1, maxmem: 1 << 26 };

/** Few at once, in a pool of their own. */
@Controller('passwords')
export class PasswordsController {
  constructor(@InjectPool('passwords') private readonly passwords: NbAioPool) {}

  /** Hashes a password; 503 while too many others are being hashed. */
  @Post()
  @HttpCode(200)
  async hash(@Body() body: { password?: unknown } | undefined): Promise<{ hash: string }> {
    const password = body?.password;
    if (typeof password !== 'string' || password === '') {
      throw new BadRequestException('Send the password to hash: {"password": "..."}.');
    }
    // Without `block: false` requests would wait for room, however many they are.
    return this.passwords.run(() => hashOf(password), { block: false });
  }
}

async function hashOf(password: string): Promise<{ hash: string }> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, 32, COST);
  return { hash: `${salt.toString('base64url')}.${key.toString('base64url')}` };
}
