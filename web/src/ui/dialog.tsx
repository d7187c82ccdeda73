// A modal dialog of the browser's own: it keeps the focus, closes on Escape, and gives the focus back.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { say } from '../i18n';
import { Icon } from './icons';

interface Props { title: string; onClose: () => void; children: ComponentChildren }

export function Dialog({ title, onClose, children }: Props) {
    const element = useRef<HTMLDialogElement>(null);
    useEffect(() => { element.current!.showModal(); }, []);
    const close = () => element.current!.close(); // to be taken from the page alone would not give the focus back
    const outside = (event: MouseEvent) => { if (event.target === element.current) close(); };
    return <dialog ref={element} aria-labelledby="dialog-title" onClose={onClose} onClick={outside}>
        <div class="dialog-body">
            <div class="dialog-head">
                <h2 id="dialog-title">{title}</h2>
                <button class="icon-button" onClick={close} aria-label={say('close')}><Icon name="close" /></button>
            </div>
            {children}
        </div>
    </dialog>;
}
