import { Problem } from './api';

/* Whatever was thrown, as a Problem; status -1 says that it was a fault of ours. */
export const asProblem = (error: unknown) => (error instanceof Problem ? error : new Problem(-1, String(error)));
