/** Values and keys that a friend would not send (P50), by name. */

const circular: Record<string, unknown> = { name: 'round' };
circular['self'] = circular;

const endless = Object.assign([1, 2], {
  *[Symbol.iterator]() {
    for (;;) yield 1;
  },
});

function throwing(trap: keyof ProxyHandler<object>, target: object = {}): object {
  return new Proxy(target, {
    [trap]: () => {
      throw new Error('trapped');
    },
  });
}

const revoked = Proxy.revocable({}, {});
revoked.revoke();

function nested(depth: number): unknown {
  let value: unknown = 'bottom';
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

const getterThrows = { get name(): string { throw new Error('looked at'); } };
const arrayGetterThrows = Object.defineProperty([1], 0, { get: () => { throw new Error('looked at'); } });

class Instance {
  readonly name = 'of a class';
}

/** Never legal, whatever the schema says. */
export const hostileValues: Readonly<Record<string, unknown>> = {
  'undefined': undefined,
  'a function': () => 'ran',
  'a symbol': Symbol('s'),
  'a BigInt': 10n,
  'NaN': Number.NaN,
  'Infinity': Number.POSITIVE_INFINITY,
  'a circular object': circular,
  'a getter that throws': getterThrows,
  'a getter': { get name(): string { return 'computed'; } },
  'a setter': Object.defineProperty({}, 'name', { set: () => undefined, enumerable: true }),
  'an array with a getter that throws': arrayGetterThrows,
  'a sparse array': [1, , 3],  
  'an array of enormous length': Object.assign([], { length: 4_000_000_000 }),
  'a proxy that throws on get': throwing('get', { name: 'x' }),
  'a proxy that throws on ownKeys': throwing('ownKeys'),
  'a proxy that throws on getPrototypeOf': throwing('getPrototypeOf'),
  'a proxy that throws on getOwnPropertyDescriptor': throwing('getOwnPropertyDescriptor', { name: 'x' }),
  'a revoked proxy': revoked.proxy,
  'a symbol member': { [Symbol('s')]: 1 },
  'a member named __proto__': JSON.parse('{"__proto__": {"polluted": true}}'),
  'a member named constructor': { constructor: 1 },
  'a member named prototype': { prototype: 1 },
  'ten megabytes of text': 'x'.repeat(10_000_000),
  'a name of ten megabytes': { ['x'.repeat(10_000_000)]: 1 },
  'too many members': Array.from({ length: 100_001 }, () => 1),
  'too many members, deep inside': Array.from({ length: 400 }, () => Array.from({ length: 400 }, () => 1)),
  'deep nesting': nested(33),
  'very deep nesting': nested(100_000),
  'a Date': new Date(0),
  'a Map': new Map([['a', 1]]),
  'a regular expression': /x/,
  'an instance of a class': new Instance(),
  'a boxed text': new String('x'),  
  'an undefined member': { name: undefined },
  'a promise': Promise.resolve(1),
};

/** Strange, and legal all the same. */
export const strangeValues: Readonly<Record<string, readonly [unknown, unknown]>> = {
  'an array with an endless iterator': [endless, [1, 2]],
  'an object without a prototype': [Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
  'a proxy that behaves': [new Proxy({ a: [1] }, {}), { a: [1] }],
  'minus zero': [-0, 0],
  'one object in two places': [[circular['name'], circular['name']], ['round', 'round']],
  'nesting as deep as is allowed': [nested(32), nested(32)],
  'as much text as is allowed': ['x'.repeat(1_000_000), 'x'.repeat(1_000_000)],
  'null': [null, null],
};

/** Never a key. */
export const hostileKeys: readonly unknown[] = [
  '', ' '.repeat(0), 'a'.repeat(257), 'x'.repeat(10_000_000), '.'.repeat(10_000_000), '../etc/passwd', 'a..b', '.a', 'a.', '.',
  '<script>', 'a"b', "a'b", 'a\u0000b', 'a\nb', 'a\u007fb', 'a\u0085b', 'a\u2028b',
  '__proto__', 'constructor', 'prototype', 'a.__proto__', 'constructor.prototype', 'toString', 'hasOwnProperty',
  'section.count', 'section.section.count', 'nothing',
  undefined, null, 5, 10n, Symbol('count'), true, {}, [], ['count'], () => 'count', circular,
  new String('count'),  
  { toString: () => 'count' }, { toString: () => { throw new Error('looked at'); } },
  revoked.proxy, throwing('get'), throwing('getPrototypeOf'),
];

/** A value that counts how often it is looked at, with all that is in it: work that grows without bounds shows in this, on any machine. */
export function counted(value: unknown): { readonly value: unknown; looks(): number } {
  let looks = 0;
  const proxies = new WeakMap<object, object>();
  const look = <T>(result: T): T => {
    looks++;
    return result;
  };
  const wrap = (inner: unknown): unknown => {
    if (typeof inner !== 'object' || inner === null || !isPlain(inner)) return inner;
    const known = proxies.get(inner);
    if (known !== undefined) return known;
    const proxy = new Proxy(inner, {
      get: (target, name) => look(wrap(Reflect.get(target, name))),
      ownKeys: (target) => look(Reflect.ownKeys(target)),
      getOwnPropertyDescriptor: (target, name) => look(Reflect.getOwnPropertyDescriptor(target, name)),
      getPrototypeOf: (target) => look(Reflect.getPrototypeOf(target)),
    });
    proxies.set(inner, proxy);
    return proxy;
  };
  return { value: wrap(value), looks: () => looks };
}

/** A built-in, such as a Date, does not work behind a proxy; a proxy of its own may throw. */
function isPlain(value: object): boolean {
  try {
    return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  } catch {
    return false;
  }
}
