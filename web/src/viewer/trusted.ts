// PhotoSwipe writes its own icons as HTML. Under Trusted Types exactly that passes: one constant svg without anything that acts.
const ICON = /^<svg aria-hidden="true" class="pswp__icn"[^<>]*>(<(path|circle|use|g|line|polygon|polyline)\b[^<>]*\/?>|<\/(path|circle|use|g)>)*<\/svg>$/;

interface TrustedTypes { createPolicy(name: string, rules: { createHTML(html: string): string | null }): unknown; defaultPolicy: unknown }
const trustedTypes = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;

if (trustedTypes && !trustedTypes.defaultPolicy)
    trustedTypes.createPolicy('default', {
        createHTML: (html) => (html === '' || (ICON.test(html) && !/script|\son\w+\s*=|href\s*=\s*"(?!#)/i.test(html)) ? html : null),
    });
