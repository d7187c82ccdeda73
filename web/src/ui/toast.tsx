// The message at the foot of the page.
import { say } from '../i18n';
import { hideToast, toast } from '../lib/toast';
import { Icon } from './icons';

export function ToastPlace() {
    const now = toast.value;
    return <div class="toast-place" role="status" aria-live="polite">
        {now && <div class="toast" key={now.text}>
            <span>{now.text}</span>
            {now.action && <button onClick={() => { const { action } = now; hideToast(); action?.run(); }}>{now.action.label}</button>}
            <button class="icon-button" aria-label={say('close')} onClick={hideToast}><Icon name="close" size={18} /></button>
        </div>}
    </div>;
}
