import { expect, test } from '@jest/globals';
import * as fc from '../fast-check.js';
import { LinkedList, type Linked } from '../../lib/pool/linked-list.js';

class Node implements Linked<Node> {
  list: LinkedList<Node> | undefined;
  previous: Node | undefined;
  next: Node | undefined;
}

test('behaves as an array does, and a node that left references nothing', () => {
  const operations = fc.array(fc.oneof(fc.constant('push'), fc.constant('shift'), fc.nat(20)));
  fc.assert(
    fc.property(operations, (sequence) => {
      const list = new LinkedList<Node>();
      const model: Node[] = [];
      const ends: [Node | undefined, Node | undefined][] = [];
      const links: unknown[] = [];
      for (const operation of sequence) {
        let left: Node | undefined;
        if (operation === 'push') {
          const node = new Node();
          list.push(node);
          model.push(node);
        } else if (operation === 'shift') {
          left = list.shift();
          ends.push([left, model.shift()]);
        } else if (typeof operation === 'number' && model.length > 0) {
          left = model.splice(operation % model.length, 1)[0];
          list.remove(left!);
        }
        links.push(left?.list, left?.previous, left?.next);
        expect([list.size, list.first]).toEqual([model.length, model[0]]);
      }
      for (const [actual, expected] of ends) expect(actual).toBe(expected);
      expect(links.filter((each) => each !== undefined)).toEqual([]);
      for (const node of model) expect(list.shift()).toBe(node);
    }),
  );
});
