// Dropping and pasting photos, anywhere in the app.
import { signal } from '@preact/signals';
import { say } from '../i18n';
import { droppedFiles } from '../uploads/dropped';
import { upload } from '../uploads/state';
import { Icon } from './icons';

const isOver = signal(false);
const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;

export function startDropping() {
    let depth = 0; // every element that is crossed tells that it was entered and left
    const over = (change: number) => { depth = Math.max(0, depth + change); isOver.value = depth > 0; };
    addEventListener('dragenter', (event) => { if (hasFiles(event)) over(1); });
    addEventListener('dragleave', (event) => { if (hasFiles(event)) over(-1); });
    addEventListener('dragover', (event) => { if (hasFiles(event)) event.preventDefault(); });
    addEventListener('drop', (event) => {
        if (!hasFiles(event) || !event.dataTransfer) return;
        event.preventDefault();
        over(-depth);
        void droppedFiles(event.dataTransfer).then(upload);
    });
    addEventListener('paste', (event) => {
        const files = event.clipboardData?.files;
        if (files?.length) { event.preventDefault(); upload(files); }
    });
}

export function DropZone() {
    if (!isOver.value) return null;
    return <div class="drop-zone" aria-hidden="true"><div><Icon name="upload" size={44} /><p>{say('dropHere')}</p></div></div>;
}
