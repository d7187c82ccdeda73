// The search box: suggestions while one types, in a list that is used as any other by keys.
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { say, sayCount } from '../i18n';
import { get, profilePath, type User } from '../lib/api';
import { go, place } from '../lib/router';
import { Avatar } from './avatar';
import { Icon } from './icons';

const PAUSE_MS = 120;
const SHOWN = 8;
export const QUERY_MIN = 3;

export const searchUsers = (query: string, limit: number, signal?: AbortSignal) =>
    get<User[]>(`/users?username=${encodeURIComponent(query)}&limit=${limit}`, signal);

export function SearchBox() {
    const query = useSignal(place.value.path === '/search' ? place.value.query.get('q') ?? '' : '');
    const users = useSignal<User[] | null>(null); // null: not known
    const chosen = useSignal(-1);
    const isOpen = useSignal(false);
    const timer = useRef(0);
    const asking = useRef<AbortController>(undefined);

    const look = async (wanted: string) => {
        asking.current?.abort(); // the newest question counts, in whatever order answers come
        const control = asking.current = new AbortController();
        try {
            const found = await searchUsers(wanted, SHOWN, control.signal);
            if (!control.signal.aborted) { users.value = found; chosen.value = -1; }
        } catch {
            if (!control.signal.aborted) users.value = null;
        }
    };
    const type = (text: string) => {
        query.value = text.toLowerCase().trim();
        isOpen.value = true;
        clearTimeout(timer.current);
        if (query.value.length < QUERY_MIN) { asking.current?.abort(); users.value = null; return; }
        timer.current = window.setTimeout(() => void look(query.value), PAUSE_MS);
    };
    const leave = () => { isOpen.value = false; chosen.value = -1; };
    const visit = (path: string) => { leave(); go(path); };
    const shown = isOpen.value ? users.value ?? [] : [];
    const submit = (event: Event) => {
        event.preventDefault();
        const user = shown[chosen.value];
        if (user) visit(profilePath(user.username));
        else if (query.value) visit(`./search?q=${encodeURIComponent(query.value)}`);
    };
    const press = (event: KeyboardEvent) => {
        const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (event.key === 'Escape') leave();
        if (!move || shown.length === 0) return;
        event.preventDefault();
        chosen.value = (chosen.value + 1 + move + shown.length + 1) % (shown.length + 1) - 1;
    };
    const isListOpen = isOpen.value && query.value.length > 0 && (users.value !== null || query.value.length < QUERY_MIN);

    return <form class="search" role="search" onSubmit={submit} onFocusOut={(event) => { if (!event.currentTarget.contains(event.relatedTarget as Node | null)) leave(); }}>
        <Icon name="search" size={20} />
        <input id="search" type="text" inputmode="search" class="field" role="combobox" placeholder={say('searchPeople')} aria-label={say('searchPeople')}
            autocomplete="off" autocapitalize="none" spellcheck={false} enterkeyhint="search"
            aria-expanded={isListOpen && shown.length > 0} aria-controls="search-list" aria-autocomplete="list"
            aria-activedescendant={chosen.value >= 0 ? `search-${chosen.value}` : undefined}
            value={query.value} onInput={(event) => type(event.currentTarget.value)} onFocus={() => { isOpen.value = true; }} onKeyDown={press} />
        <kbd class="search-key" aria-hidden="true">/</kbd>
        <div class="search-hits" hidden={!isListOpen}>
            <ul id="search-list" role="listbox" aria-label={say('search')} hidden={shown.length === 0}>
                {shown.map((user, index) => <li key={user.username} id={`search-${index}`} role="option" aria-selected={index === chosen.value}
                    onMouseDown={(event) => event.preventDefault()} onClick={() => visit(profilePath(user.username))}>
                    <Avatar name={user.username} /><strong>{user.username}</strong><span class="dim">{sayCount('photos', user.posts_count)}</span>
                </li>)}
            </ul>
            {query.value.length < QUERY_MIN && <p class="dim">{say('searchHint')}</p>}
            {query.value.length >= QUERY_MIN && users.value?.length === 0 && <p class="dim">{say('searchNobody', { query: query.value })}</p>}
        </div>
        <p class="visually-hidden" role="status">{isListOpen && users.value ? sayCount('people', users.value.length) : ''}</p>
    </form>;
}
