import { describeMachine } from '../harness/suite.ts';
import { breakerModel } from './model.ts';

describeMachine(breakerModel);
