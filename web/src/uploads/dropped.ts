// What was dropped on the app, with all that is in folders.

/* All files that were dropped, with those in folders. Has to be called while the drop is handled. */
export async function droppedFiles(transfer: DataTransfer): Promise<File[]> {
    const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null);
    if (!entries.some((entry) => entry?.isDirectory)) return [...transfer.files];
    const found: File[] = [];
    for (const entry of entries) if (entry) await collect(entry, found);
    return found;
}

async function collect(entry: FileSystemEntry, found: File[]) {
    if (entry.isFile) {
        found.push(await new Promise<File>((done, fail) => { (entry as FileSystemFileEntry).file(done, fail); }));
        return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    for (;;) { // it hands them out a hundred at a time
        const some = await new Promise<FileSystemEntry[]>((done, fail) => { reader.readEntries(done, fail); });
        if (some.length === 0) return;
        for (const one of some) await collect(one, found);
    }
}
