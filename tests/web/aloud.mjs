// What a screen reader has to say of a page: Chromium's accessibility tree as lines, "role: name (states)", indented as it is nested;
// and what its live regions are told, in order.

/* Of no meaning by themselves: what is in them is told. */
const SILENT = new Set(['none', 'generic', 'InlineTextBox', 'LineBreak', 'ListMarker', 'RootWebArea', 'LabelText', 'SvgRoot', 'StrongEmphasis', 'strong']);
const STATES = { expanded: (is) => (is ? 'expanded' : 'collapsed'), modal: (is) => is && 'modal', invalid: (is) => is === 'true' && 'invalid',
    checked: (is) => is === 'true' && 'checked', selected: (is) => is && 'selected', hasPopup: (is) => is !== 'false' && `opens ${is}`,
    settable: () => '', live: (is) => is !== 'off' && `live ${is}` };

const value = (property) => property?.value?.value ?? property?.value;

function lineOf(node) {
    const name = node.name?.value ?? '';
    const states = (node.properties ?? []).map((one) => STATES[one.name]?.(value(one))).filter(Boolean);
    if (node.description?.value) states.push(`“${node.description.value}”`);
    const said = node.value?.value !== undefined && node.role.value !== 'StaticText' ? [`= ${node.value.value}`] : [];
    return [`${node.role.value === 'StaticText' ? 'text' : node.role.value}:`, name, ...said, states.length > 0 ? `(${states.join(', ')})` : '']
        .filter(Boolean).join(' ');
}

/* `tidy` takes from each line what is another one each time: dates, sizes. */
export async function readTree(page, tidy = (line) => line) {
    const devtools = await page.context().newCDPSession(page);
    const { nodes } = await devtools.send('Accessibility.getFullAXTree');
    await devtools.detach();
    const byId = new Map(nodes.map((node) => [node.nodeId, node]));
    const lines = [];
    const walk = (node, depth, parentName) => {
        const isSilent = node.ignored || SILENT.has(node.role.value) || node.role.value === 'StaticText' && (parentName.includes(node.name.value) || !node.name.value.trim());
        if (!isSilent) lines.push(`${'  '.repeat(depth)}${tidy(lineOf(node))}`);
        const name = isSilent ? parentName : node.name?.value ?? '';
        for (const id of node.childIds ?? []) if (byId.has(id)) walk(byId.get(id), depth + (isSilent ? 0 : 1), name);
    };
    walk(nodes[0], 0, '');
    return lines;
}

/* Notes from now on what live regions are told: a text that comes into one, or that changes in it. */
export const listen = (page) => page.addInitScript(() => {
    const LIVE = '[role=status], [role=alert], [role=log], [aria-live=polite], [aria-live=assertive]';
    globalThis.told = [];
    const tell = (node) => {
        const element = node instanceof Element ? node : node.parentElement;
        const region = element?.closest(LIVE);
        const isNewRegion = node instanceof Element && (node.matches(LIVE) || region === null && node.querySelector(LIVE));
        const text = node.textContent?.trim();
        /* What is in a region when it comes is told by alerts alone. */
        if (isNewRegion ? node.matches('[role=alert]') && text : region && text) globalThis.told.push(text);
    };
    const look = (changes) => {
        for (const { type, target, addedNodes } of changes) {
            if (type === 'characterData') tell(target);
            else for (const node of addedNodes) tell(node);
        }
    };
    new MutationObserver(look).observe(document, { childList: true, subtree: true, characterData: true });
});
export const told = (page) => page.evaluate(() => globalThis.told);
