// Logging in: who are you?
import { useSignal } from '@preact/signals';
import { say } from '../i18n';
import { cleanName, isName, leaveLogin, logIn, NAME_MAX } from '../lib/session';
import { Dialog } from './dialog';
import { leaveFocusAt } from './focus';

export function LoginDialog() {
    const typed = useSignal('');
    const isWrong = useSignal(false);
    const submit = (event: Event & { currentTarget: HTMLElement }) => {
        event.preventDefault();
        const name = cleanName(typed.value);
        isWrong.value = !isName(name);
        if (isWrong.value) return;
        leaveFocusAt('.avatar-link, .foot-bar a:has(.avatar)');
        event.currentTarget.closest('dialog')!.close();
        logIn(name);
    };
    return <Dialog title={say('logInTitle')} onClose={leaveLogin}>
        <form class="login" onSubmit={submit} noValidate>
            <p class="dim">{say('logInHint')}</p>
            <label for="login-name">{say('userName')}</label>
            <input id="login-name" name="username" class="field" value={typed.value} maxLength={NAME_MAX} autocomplete="username" autocapitalize="none"
                spellcheck={false} autofocus aria-invalid={isWrong.value} aria-describedby="login-rule"
                onInput={(event) => { typed.value = event.currentTarget.value; isWrong.value = false; }} />
            <p id="login-rule" class={isWrong.value ? 'bad' : 'dim'} role={isWrong.value ? 'alert' : undefined}>{say('logInRule')}</p>
            <button class="button primary wide">{say('logIn')}</button>
        </form>
    </Dialog>;
}
