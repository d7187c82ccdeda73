// The messages at the foot of the page.
import { say } from '../i18n';
import { hideToast, runToast, toasts } from '../lib/toast';
import { Icon } from './icons';

export function ToastPlace() {
    return <div class="toast-place" role="status" aria-live="polite">
        {toasts.value.map((one) => <div class="toast" key={one}>
            <span>{one.text}</span>
            {one.action && <button onClick={() => runToast(one)}>{one.action.label}</button>}
            <button class="icon-button" aria-label={say('close')} onClick={() => hideToast(one)}><Icon name="close" size={18} /></button>
        </div>)}
    </div>;
}
