import type { Node, Rule } from './rule.ts';

type Declared = { readonly typeAnnotation?: { readonly typeAnnotation: Node } | null | undefined };

/** What a declaration says that a value can be: a type of TypeScript's own by its keyword, of others the name; none when it says nothing. */
type Kinds = ReadonlySet<string>;

const nothing: Kinds = new Set();
const booleanOperators = new Set(['==', '!=', '===', '!==', '<', '<=', '>', '>=', 'in', 'instanceof']);

function nameOf(node: Node): string {
  if (node.type === 'MemberExpression') return nameOf(node.property);
  if (node.type === 'PrivateIdentifier') return `#${node.name}`;
  if (node.type === 'Literal') return String(node.value);
  return node.type === 'Identifier' ? node.name : '';
}

/**
 * What moves is a machine: refuses the three things that states hide in elsewhere.
 *
 * - flags: a mutable property of a class or an interface that is true or false, and a variable of that kind which a function within
 *   the one that declares it sees change;
 * - pending sets: a `Set` of a class whose members leave it again. Subscriptions are none: they leave by their own `dispose`;
 * - timers: a call of `setTimeout` or `setInterval`, as a function or as a method of any object.
 *
 * It goes by what a file declares, and so refuses what could be one of these and is not declared: a type has to be written there.
 *
 * Options: `drivers`, files by the end of their path, in which the members of a set may come and go, because they stand for actors;
 * `exceptions`, by the end of the path what may stay there: names of properties and variables, `#` included, and `setTimeout`. An
 * exception that is not needed is an error as well.
 */
export const statesInMachines: Rule = {
  meta: {
    type: 'problem',
    schema: [{
      type: 'object', additionalProperties: false,
      properties: {
        drivers: { type: 'array', items: { type: 'string' } },
        exceptions: { type: 'object', additionalProperties: { type: 'array', items: { type: 'string' } } },
      },
    }],
    messages: {
      flag: '"{{ name }}" is a state: make it one of a machine, or tell it from what is there.',
      set: 'The members of "{{ name }}" come and go: what they wait for is a state of a machine.',
      timer: 'A timer belongs to a state of a machine: `after`.',
      untold: '"{{ name }}" may be a state: write its type.',
      unused: 'The exception for "{{ name }}" is not needed any more.',
    },
  },
  create({ filename, options, report: tell, sourceCode }) {
    const { drivers = [], exceptions = {} } = (options[0] ?? {}) as { readonly drivers?: readonly string[]; readonly exceptions?: Readonly<Record<string, readonly string[]>> };
    const file = filename.replaceAll('\\', '/');
    const isDriver = drivers.some((each) => file.endsWith(each));
    const allowed = new Set(Object.entries(exceptions).filter(([each]) => file.endsWith(each)).flatMap(([, names]) => names));
    const needed = new Set<string>();

    const report = (node: Node, messageId: string, name: string): void => {
      if (allowed.has(name)) needed.add(name);
      else tell({ node, messageId, data: { name } });
    };

    function kindsOfType(type: Node): Kinds {
      if (type.type === 'TSUnionType' || type.type === 'TSIntersectionType') return new Set(type.types.flatMap((each) => [...kindsOfType(each)]));
      if (type.type === 'TSLiteralType') return kindsOfValue(type.literal);
      if (type.type !== 'TSTypeReference') return new Set([type.type === 'TSBooleanKeyword' ? 'boolean' : type.type]);
      const name = sourceCode.getText(type.typeName);
      for (const statement of sourceCode.ast.body) {
        const declared = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
        if (declared?.type === 'TSTypeAliasDeclaration' && declared.id.name === name) return kindsOfType(declared.typeAnnotation);
      }
      return new Set([name]);
    }

    function kindsOfValue(value: Node | null): Kinds {
      switch (value?.type) {
        case 'Literal': return new Set([typeof value.value]);
        case 'UnaryExpression': return new Set([value.operator === '!' || value.operator === 'delete' ? 'boolean' : value.operator]);
        case 'BinaryExpression': return new Set([booleanOperators.has(value.operator) ? 'boolean' : value.operator]);
        case 'LogicalExpression': return either(value.left, value.right);
        case 'ConditionalExpression': return either(value.consequent, value.alternate);
        case 'NewExpression': return new Set([sourceCode.getText(value.callee)]);
        case 'TSAsExpression': case 'TSSatisfiesExpression':
          return sourceCode.getText(value.typeAnnotation) === 'const' ? kindsOfValue(value.expression) : kindsOfType(value.typeAnnotation);
        case 'ArrayExpression': case 'ArrowFunctionExpression': case 'FunctionExpression': case 'ObjectExpression': case 'TemplateLiteral':
          return new Set([value.type]);
        case 'Identifier': return value.name === 'undefined' || value.name === 'Infinity' ? new Set([value.name]) : kindsOfVariable(value);
        case 'MemberExpression': return value.object.type === 'ThisExpression' ? kindsOfMember(value) : nothing;
        default: return nothing;
      }
    }

    /** Nothing is known when one of them is not. */
    function either(...values: Node[]): Kinds {
      const kinds = values.map(kindsOfValue);
      return kinds.some((each) => each.has('boolean')) || kinds.every(({ size }) => size > 0) ? new Set(kinds.flatMap((each) => [...each])) : nothing;
    }

    const kindsOf = ({ typeAnnotation }: Declared, value: Node | null): Kinds => (typeAnnotation ? kindsOfType(typeAnnotation.typeAnnotation) : kindsOfValue(value));

    function kindsOfMember(node: Node & { type: 'MemberExpression' }): Kinds {
      for (let at: Node | null = node; at !== null; at = at.parent) {
        if (at.type !== 'ClassBody') continue;
        const member = at.body.find((each) => each.type === 'PropertyDefinition' && nameOf(each.key) === nameOf(node.property));
        return member?.type === 'PropertyDefinition' ? kindsOf(member, member.value) : nothing;
      }
      return nothing;
    }

    function kindsOfVariable(node: Node & { type: 'Identifier' }): Kinds {
      for (let scope: ReturnType<typeof sourceCode.getScope> | null = sourceCode.getScope(node); scope !== null; scope = scope.upper) {
        const [definition] = scope.set.get(node.name)?.defs ?? [];
        if (definition === undefined) continue;
        if (definition.node.type === 'VariableDeclarator' && definition.node.id.type === 'Identifier') return kindsOf(definition.node.id, definition.node.init);
        return definition.type === 'Parameter' ? kindsOf(definition.name, null) : nothing;
      }
      return nothing;
    }

    const refuseFlags = (node: Node, name: string, kinds: Kinds): void => {
      if (kinds.has('boolean')) report(node, 'flag', name);
      else if (kinds.size === 0) report(node, 'untold', name);
    };
    /** Is it within the function that a `dispose` is, of an object made for a subscriber? */
    const isInDispose = (node: Node): boolean => {
      for (let at: Node | null = node; at !== null; at = at.parent) if (at.type === 'Property' && nameOf(at.key) === 'dispose') return true;
      return false;
    };

    return {
      PropertyDefinition(node) {
        if (node.readonly !== true && !node.static && !node.computed) refuseFlags(node, nameOf(node.key), kindsOf(node, node.value));
      },
      TSPropertySignature(node) {
        if (!node.readonly && !node.computed) refuseFlags(node, nameOf(node.key), kindsOf(node, null));
      },
      VariableDeclarator(node) {
        if (node.parent.type !== 'VariableDeclaration' || node.parent.kind === 'const' || node.id.type !== 'Identifier') return;
        const [variable] = sourceCode.getDeclaredVariables(node);
        if (variable === undefined) return;
        const scope = variable.scope.variableScope;
        const changes = variable.references.some((reference) => reference.isWrite() && !reference.init);
        if (changes && variable.references.some(({ from }) => from.variableScope !== scope)) refuseFlags(node, variable.name, kindsOf(node.id, node.init));
      },
      CallExpression(node) {
        const { callee } = node;
        const name = nameOf(callee);
        if (name === 'setTimeout' || name === 'setInterval') report(callee, 'timer', name);
        if (callee.type !== 'MemberExpression' || name !== 'delete' || isDriver || isInDispose(node)) return;
        const kinds = kindsOfValue(callee.object);
        if (kinds.has('Set')) report(node, 'set', nameOf(callee.object));
        else if (kinds.size === 0) report(node, 'untold', nameOf(callee.object));
      },
      'Program:exit'(node) {
        for (const name of allowed) if (!needed.has(name)) tell({ node, messageId: 'unused', data: { name } });
      },
    };
  },
};
