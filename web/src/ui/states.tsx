// What a screen shows when there is nothing to show: not yet, nothing at all, or not reachable.
import type { ComponentChildren } from 'preact';
import { say } from '../i18n';
import { isLost, type Problem } from '../lib/api';
import { sayReason } from '../lib/reason';
import { Icon, type IconName } from './icons';

/* `level` 1 where it is all that the page has to say. */
interface EmptyProps { icon: IconName; title: string; hint: string; level?: 1 | 2; children?: ComponentChildren }

export function Empty({ icon, title, hint, level = 2, children }: EmptyProps) {
    const Title = `h${level}` as const;
    return <div class="empty">
        <span class="empty-icon"><Icon name={icon} size={36} /></span>
        <Title>{title}</Title>
        <p>{hint}</p>
        {children}
    </div>;
}

export function Failure({ problem, onRetry, level }: { problem: Problem; onRetry: () => void; level?: 1 }) {
    const about = { children: <button class="button" onClick={onRetry}><Icon name="retry" />{say('retry')}</button>, ...level && { level } };
    if (isLost(problem) && navigator.onLine)
        return <Empty icon="cloudOff" title={say('serverAway')} hint={say('serverAwayHint')} {...about} />;
    return isLost(problem)
        ? <Empty icon="cloudOff" title={say('offlineEmpty')} hint={say('offlineEmptyHint')} {...about} />
        : <Empty icon="alert" title={say('failed')} hint={say('failedHint', { reason: sayReason(problem.reason) })} {...about} />;
}

const SHAPES = [1.5, 0.75, 1.33, 1.5, 1, 1.6, 0.8, 1.4, 1.33, 1.5, 0.7, 1.5, 1.2, 1.5];

export function GridSkeleton() {
    return <div class="skeleton-rows" role="status" aria-label={say('loading')}>
        {SHAPES.map((ratio, index) => <span key={index} class="skeleton" style={{ flexGrow: ratio, aspectRatio: ratio }} />)}
    </div>;
}

export function ListSkeleton() {
    return <div class="skeleton-list" role="status" aria-label={say('loading')}>
        {[0, 1, 2, 3].map((index) => <span key={index} class="skeleton" />)}
    </div>;
}
