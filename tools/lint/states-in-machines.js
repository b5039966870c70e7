import ts from 'typescript';

/**
 * What moves is a machine: refuses the three things that states hide in elsewhere.
 *
 * - flags: a mutable property of a class or an interface that is true or false, and a variable of that kind which a function within
 *   the one that declares it sees change;
 * - pending sets: a `Set` of a class whose members leave it again. Subscriptions are none: they leave by their own `dispose`;
 * - timers: a call of `setTimeout` or `setInterval`, whoever's it is.
 *
 * Options: `drivers`, files by the end of their path, in which the members of a set may come and go, because they stand for actors;
 * `exceptions`, by the end of the path what may stay there: names of properties and variables, `#` included, and `setTimeout`. An
 * exception that is not needed is an error as well.
 *
 * @type {import('eslint').Rule.RuleModule}
 */
export const statesInMachines = {
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
      unused: 'The exception for "{{ name }}" is not needed any more.',
    },
  },
  create(context) {
    const [{ drivers = [], exceptions = {} } = {}] = context.options;
    const services = context.sourceCode.parserServices;
    const checker = services.program.getTypeChecker();
    const file = context.filename.replaceAll('\\', '/');
    const isDriver = drivers.some((each) => file.endsWith(each));
    const allowed = new Set(Object.entries(exceptions).filter(([each]) => file.endsWith(each)).flatMap(([, names]) => names));
    const needed = new Set();

    const report = (node, messageId, name) => {
      if (allowed.has(name)) needed.add(name);
      else context.report({ node, messageId, data: { name } });
    };
    const typeOf = (node) => checker.getTypeAtLocation(services.esTreeNodeToTSNodeMap.get(node));
    const isBoolean = (type) => (type.isUnion() ? type.types : [type]).some(({ flags }) => (flags & ts.TypeFlags.BooleanLike) !== 0);
    const nameOf = ({ type, name }) => (type === 'PrivateIdentifier' ? `#${name}` : name);
    const property = (node) => {
      if (!node.readonly && !node.static && !node.computed && isBoolean(typeOf(node))) report(node, 'flag', nameOf(node.key));
    };
    /** Is it within the function that a `dispose` is, of an object made for a subscriber? */
    const isInDispose = (node) => {
      for (let at = node; at !== null; at = at.parent) if (at.type === 'Property' && at.key.name === 'dispose') return true;
      return false;
    };
    const isSet = (type) => (type.isUnion() ? type.types : [type]).some(({ symbol }) => symbol?.name === 'Set');

    return {
      PropertyDefinition: property,
      TSPropertySignature: property,
      VariableDeclarator(node) {
        if (node.parent.kind === 'const' || node.id.type !== 'Identifier' || !isBoolean(typeOf(node.id))) return;
        const [variable] = context.sourceCode.getDeclaredVariables(node);
        const scope = variable.scope.variableScope;
        const changes = variable.references.filter((reference) => reference.isWrite() && !reference.init);
        if (changes.length > 0 && variable.references.some(({ from }) => from.variableScope !== scope)) report(node, 'flag', variable.name);
      },
      'CallExpression[callee.type="MemberExpression"][callee.property.name="delete"]'(node) {
        const { object } = node.callee;
        if (isDriver || isInDispose(node) || !isSet(typeOf(object))) return;
        report(node, 'set', object.type === 'MemberExpression' ? nameOf(object.property) : object.name);
      },
      CallExpression({ callee }) {
        const name = callee.type === 'MemberExpression' ? callee.property.name : callee.name;
        if (name === 'setTimeout' || name === 'setInterval') report(callee, 'timer', name);
      },
      'Program:exit'(node) {
        for (const name of allowed) if (!needed.has(name)) context.report({ node, messageId: 'unused', data: { name } });
      },
    };
  },
};
