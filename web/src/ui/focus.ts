// The focus never falls to nowhere: when what had it has gone from the page, it goes where one would go on.

interface Step { parent: Element; index: number } // where a node was in its parent

let trail: Step[] = []; // of what has the focus, from itself outwards
let focused: Element | null = null;
let wanted = '';

/* Where the focus shall be if what has it goes now: the first that is seen of these. */
export function leaveFocusAt(selector: string) {
    wanted = selector;
    setTimeout(() => { wanted = ''; }, 1000);
}

const FOCUSABLE = 'a[href], button:not(:disabled), input, select, textarea';
const seen = (within: ParentNode, selector: string) => [...within.querySelectorAll<HTMLElement>(selector)].filter((one) => one.checkVisibility());

function note({ target }: FocusEvent) {
    focused = target as Element;
    trail = [];
    for (let node = focused; node.parentElement; node = node.parentElement)
        trail.push({ parent: node.parentElement, index: [...node.parentElement.children].indexOf(node) });
}

/* In a list, the last button of the entry that took its place; elsewhere the first of what stands there now. */
function successor(): HTMLElement | undefined {
    const step = trail.find(({ parent }) => parent.isConnected);
    if (!step || step.parent.matches('main, body')) return undefined;
    const near = [...step.parent.children].slice(0, step.index + 1).at(-1);
    if (!near) return undefined;
    return near.matches(FOCUSABLE) ? near as HTMLElement : seen(near, FOCUSABLE).at(near.matches('li') ? -1 : 0);
}

function recover() {
    if (document.activeElement !== document.body || !focused || focused.isConnected) return;
    const viewer = document.querySelector<HTMLElement>('.pswp--open');
    const next = wanted ? seen(viewer ?? document, wanted)[0] : undefined;
    wanted = '';
    (next ?? viewer ?? successor() ?? document.getElementById('content'))?.focus();
}

export function startFocus() {
    addEventListener('focusin', note);
    // A press on nothing in particular takes the focus away, too, and that is as it should be.
    addEventListener('focusout', () => queueMicrotask(() => { if (focused?.isConnected && document.activeElement === document.body) focused = null; }));
    new MutationObserver(() => { if (focused && !focused.isConnected) requestAnimationFrame(recover); })
        .observe(document.body, { childList: true, subtree: true });
}
