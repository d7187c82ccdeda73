// A Problem in words, for people. Apart from problem.ts because the service worker speaks to nobody.
import { say } from '../i18n';
import { isLost, type Problem } from './api';
import { sayReason } from './reason';

/* Without an answer, either this device has no network or the server is away. */
export const sayProblem = (problem: Problem) =>
    (isLost(problem) ? say(navigator.onLine ? 'serverAway' : 'offlineEmpty') : sayReason(problem.reason));
