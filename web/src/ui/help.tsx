// The list of the keys that the app listens to (see ui/keys.ts).
import { say } from '../i18n';
import type { TextKey } from '../i18n/catalogue';
import { Dialog } from './dialog';
import { isHelpOpen } from './keys';

const SHOWN: [string, TextKey][] = [
    ['/', 'helpSearch'], ['← → ↑ ↓', 'helpMove'], ['Enter', 'helpOpen'], ['Esc', 'helpClose'], ['u', 'helpUpload'], ['g', 'helpHome'],
    ['Ctrl+Z', 'undo'], ['?', 'helpHelp'],
];

export function HelpDialog() {
    return <Dialog title={say('help')} onClose={() => { isHelpOpen.value = false; }}>
        <dl class="keys">
            {SHOWN.map(([key, what]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{say(what)}</dd></div>)}
        </dl>
    </Dialog>;
}
