// Who we are. A user is a name, without proof: `logIn` asks for it, and `identity` (api.ts) is the one header that carries it.
import { signal } from '@preact/signals';
import { remembered } from './storage';

export const userName = remembered('name', '');
export const isLoginOpen = signal(false);
let afterLogin: (() => void) | undefined;

export const NAME_MAX = 64;
/* The server's rule: ^[a-z0-9_]{1,64}$. Capitals are a slip of the keyboard, and forgiven. */
export const cleanName = (typed: string) => typed.trim().toLowerCase();
export const isName = (name: string) => /^[a-z0-9_]{1,64}$/.test(name);

export function logIn(name: string) {
    userName.value = name;
    isLoginOpen.value = false;
    const next = afterLogin;
    afterLogin = undefined;
    next?.();
}

export function logOut() { userName.value = ''; }

/* Does it now if we are somebody, else after the name was asked for. */
export function withLogin(then: () => void) {
    if (userName.value) { then(); return; }
    afterLogin = then;
    isLoginOpen.value = true;
}

export function leaveLogin() {
    afterLogin = undefined;
    isLoginOpen.value = false;
}
