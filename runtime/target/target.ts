export type { LocalCall, Target } from '../flow/target.ts';
