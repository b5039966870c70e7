import { defineSettings, safePath, type ValuesOf } from 'holdfast';
import * as yup from 'yup';

const declarations = {
  aiProvider: {
    schema: yup.string().trim().lowercase().oneOf(['claude', 'aider', 'custom']).defined(),
    default: 'claude',
    description: 'The assistant that new agents run.',
    // Which assistant may read the code is a question that organisations want to answer.
    policy: 'NofxAiProvider',
    enumDescriptions: ['Claude, by its command-line tool', 'Aider', 'The program that nofx.aiPath names'],
  },
  maxAgents: {
    schema: yup.number().integer().min(1).max(50).defined(),
    default: 3,
    description: 'How many agents may run at the same time. Each has a terminal, and a worktree where `#nofx.useWorktrees#` is on.',
  },
  aiPath: {
    schema: safePath(),
    default: '',
    description: 'The assistant’s program, when it is not on the `PATH`. It is started as it is, never through a shell.',
    // Where programs lie differs from machine to machine; and what it names is run.
    scope: 'machine-overridable',
    restricted: true,
  },
  useWorktrees: {
    schema: yup.boolean().defined(),
    default: true,
    description: 'Give each agent a git worktree of its own. Without effect where git cannot make one.',
  },
  autoAssignTasks: {
    schema: yup.boolean().defined(),
    default: true,
    description: 'Hand a new task to the first agent that is idle.',
  },
  templatesPath: {
    schema: safePath({ relative: true }),
    default: '.nofx/templates',
    description: 'The folder of the agent templates, relative to the workspace folder.',
    scope: 'resource',
  },
  persistAgents: {
    schema: yup.boolean().defined(),
    default: true,
    description: 'Restore the agents when the window is opened again.',
  },
  logLevel: {
    schema: yup.string().oneOf(['debug', 'info', 'warn', 'error']).defined(),
    default: 'info',
    description: 'The least serious entries that the log keeps.',
    formerly: [{ convert: (old: unknown) => (old === 'verbose' ? 'debug' : old) }],
    enumDescriptions: ['Everything', 'What happened', 'What may need attention', 'What went wrong'],
  },
  showAgentTerminalOnSpawn: {
    schema: yup.boolean().defined(),
    default: false,
    description: 'Show an agent’s terminal as soon as it starts.',
  },
  claudeInitializationDelay: {
    schema: yup.number().min(1).max(60).defined(),
    default: 10,
    description: 'How long Claude is given to start before its first task, in seconds.',
  },
  agentSpawnDelay: {
    schema: yup.number().min(500).max(10_000).defined(),
    default: 2_000,
    description: 'The pause between starting two agents, in milliseconds.',
    // It was in seconds once. What people stored then is understood, and can be converted.
    formerly: [{ key: 'agentSpawnDelaySeconds', convert: (seconds: number) => seconds * 1_000 }],
  },
} as const;

export type NofxSettings = ValuesOf<typeof declarations>;

/** The settings of NofX: types, defaults, rules, and the `configuration` block of package.json come from here. */
export const nofx = defineSettings('nofx', declarations);
