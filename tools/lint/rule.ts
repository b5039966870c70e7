import type { RuleTester } from 'oxlint/plugins-dev';

/** What oxlint takes for a rule. */
export type Rule = Extract<Parameters<RuleTester['run']>[1], { create: unknown }>;
/** A node of the syntax tree of a file. */
export type Node = Parameters<NonNullable<ReturnType<Rule['create']>[string]>>[0];
