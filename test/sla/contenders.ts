import { cockatiel } from './contenders/cockatiel.ts';
import { holdfast } from './contenders/holdfast.ts';
import { opossum } from './contenders/opossum.ts';
import { plain } from './contenders/plain.ts';
import type { Contender } from './contender.ts';

export const contenders: readonly Contender[] = [holdfast, plain, cockatiel, opossum];
