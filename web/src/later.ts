// All that the first screen does without, in one piece: it is fetched when it is wanted, or when there is nothing else to do.
import { startReasons } from './i18n/reasons';
import { startFocus } from './ui/focus';
import { startUndo } from './ui/undo';
export { Mine } from './screens/mine';
export { PhotoScreen } from './screens/photo';
export { Animated, MotionButton } from './photos/motion';
export { Results } from './screens/results';
export { Announcer } from './ui/announcer';
export { HelpDialog } from './ui/help';
export { LoginDialog } from './ui/login';
export { Panel } from './ui/panel';
export { startServiceWorker } from './lib/service_worker';
export { startUploads, upload } from './uploads/queue';
startFocus();
startUndo();
/* Before any of it is shown. */
export const ready = startReasons();
