import type { INestApplication } from '@nestjs/common';
import { getTasksToken, type Tasks } from 'nestjs-nb-aiopool';
import { Audit } from '../orders/audit.interceptor.js';
import type { Order } from '../orders/order.js';
import { OrderTasks } from '../orders/order.tasks.js';
import { OldOrders } from './old-orders.js';
import { Outcomes } from './outcomes.js';

/** A kind of message, and what must become of it. */
export interface Case {
  readonly what: string;
  readonly expected: RegExp;
  readonly run: () => Promise<string>;
}

const ORDER: Order = { email: 'ann@example.org', card: '4242', items: [{ sku: 'tea' }] };
const NO_EMAIL = { ...ORDER, email: 'nobody' };

export function casesOf(app: INestApplication, url: string): Case[] {
  return [...taskCases(app), ...requestCases(url)];
}

function taskCases(app: INestApplication): Case[] {
  const outcomes = new Outcomes(app.get(Audit));
  const place = app
    .get<Tasks<OrderTasks>>(getTasksToken(OrderTasks))
    .place.with({ headers: { tenant: 'acme' } });
  const stranger = place.with({ headers: { tenant: 'globex' } });
  const old = app.get<Tasks<OldOrders>>(getTasksToken(OldOrders)).place.with({ headers: { tenant: 'acme' } });
  return [
    {
      what: 'An order',
      expected: /^done, 1 copies, after 1 run$/,
      run: () => outcomes.of(place, ORDER),
    },
    {
      what: 'No e-mail address',
      expected: /^refused at submit, 0\.email: /,
      run: () => outcomes.of(place, NO_EMAIL),
    },
    {
      what: 'No e-mail address, from a process without the schema',
      expected: /^dead \(invalid\), .*email.*, after 0 runs$/,
      run: () => outcomes.of(old, NO_EMAIL),
    },
    {
      what: 'An unknown tenant',
      expected: /^dead \(failed\), .* refused by guard TenantGuard: .*, after 0 runs$/,
      run: () => outcomes.of(stranger, ORDER),
    },
    {
      what: 'The payment service is away twice',
      expected: /^done, 1 copies, after 3 runs$/,
      run: () => outcomes.of(place, { ...ORDER, card: '5002' }),
    },
    {
      what: 'The payment service stays away',
      expected: /^dead \(failed\), The payment service is away, after 3 runs$/,
      run: () => outcomes.of(place, { ...ORDER, card: '5000' }),
    },
    {
      what: 'The card is declined',
      expected: /^dead \(failed\), The card is declined, after 1 run$/,
      run: () => outcomes.of(place, { ...ORDER, card: '4000' }),
    },
  ];
}

function requestCases(url: string): Case[] {
  const post = async (tenant: string, body: unknown): Promise<string> => {
    const response = await fetch(`${url}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-tenant': tenant },
      body: JSON.stringify(body),
    });
    return `${response.status} ${await response.text()}`;
  };
  return [
    { what: 'POST /orders', expected: /^202 \{"id":/, run: () => post('acme', ORDER) },
    {
      what: 'POST /orders, no e-mail address',
      expected: /^400 .*"email: /,
      run: () => post('acme', NO_EMAIL),
    },
    {
      what: 'POST /orders, an unknown tenant',
      expected: /^403 /,
      run: () => post('globex', ORDER),
    },
  ];
}
