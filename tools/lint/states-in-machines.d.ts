import type { Rule } from 'eslint';

export const statesInMachines: Rule.RuleModule;
