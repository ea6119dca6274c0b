import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { isAioContext } from 'nestjs-nb-aiopool';

interface Request {
  readonly headers: Readonly<Record<string, string | undefined>>;
}

const TENANTS: ReadonlySet<string | undefined> = new Set(['acme']);

/** Global: it guards the requests and the tasks alike. */
@Injectable()
export class TenantGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return TENANTS.has(tenantOf(context));
  }
}

function tenantOf(context: ExecutionContext): string | undefined {
  // What came along with the call: a task has no request.
  if (isAioContext(context)) return context.getTaskContext().headers['tenant'];
  return context.switchToHttp().getRequest<Request>().headers['x-tenant'];
}
