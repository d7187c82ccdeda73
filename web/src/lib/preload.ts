// What a part of the app that comes later consists of: its scripts and styles are asked for together, and it runs when its styles are
// there. The build puts this in the place of Vite's own (build/preload.ts), because that is six times as long.
const asked = new Map<string, unknown>();

function ask(href: string) {
    const isStyle = href.endsWith('.css');
    const link = Object.assign(document.createElement('link'), { rel: isStyle ? 'stylesheet' : 'modulepreload', crossOrigin: '', href });
    document.head.append(link);
    return isStyle && new Promise((done, fail) => {
        link.onload = done;
        link.onerror = () => { asked.delete(href); link.remove(); fail(new Error(href)); };
    });
}

/* `files` as the build names them: by their place beside the importer, because its base is relative. */
export async function preload<Part>(load: () => Promise<Part>, files: string[] = [], importer = location.href): Promise<Part> {
    await Promise.all(files.map((file) => {
        const { href } = new URL(file, importer);
        if (!asked.has(href)) asked.set(href, ask(href));
        return asked.get(href);
    }));
    return load();
}
