// Registering the service worker. Under Trusted Types its address has to come from a policy: one that lets only it through.
interface TrustedTypes { createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string } }

const ADDRESS = '/sw.js';

export async function startServiceWorker() {
    if (!('serviceWorker' in navigator) || !import.meta.env.PROD) return;
    const policy = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy('service-worker', {
        createScriptURL: (url) => { if (url !== ADDRESS) throw new TypeError(`not the service worker: ${url}`); return url; },
    });
    await navigator.serviceWorker.register(policy ? policy.createScriptURL(ADDRESS) : ADDRESS).catch(() => {}); // then without
}
