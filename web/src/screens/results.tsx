// The results of a search, in full.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { say, sayCount } from '../i18n';
import { get, profilePath, type Problem, type User } from '../lib/api';
import { asProblem } from '../lib/problem';
import { Avatar } from '../ui/avatar';
import { QUERY_MIN, searchUsers } from '../ui/search';
import { Empty, Failure, ListSkeleton } from '../ui/states';

const PAGE = 50;

export function Results({ query }: { query: string }) {
    const users = useSignal<User[] | null>(null);
    const problem = useSignal<Problem | null>(null);
    const isFull = useSignal(false);
    const look = async (after?: User) => {
        problem.value = null;
        try {
            const next = after
                ? await get<User[]>(`/users?username=${encodeURIComponent(query)}&limit=${PAGE}&cursor=${after.username}`)
                : await searchUsers(query, PAGE);
            users.value = after ? [...users.value ?? [], ...next] : next;
            isFull.value = next.length === PAGE;
            if (after) requestAnimationFrame(() => document.querySelector<HTMLElement>(`.people li:nth-last-child(${next.length}) a`)?.focus());
        } catch (error) {
            problem.value = asProblem(error);
        }
    };
    useEffect(() => { users.value = null; if (query.length >= QUERY_MIN) void look(); }, [query]);

    if (query.length < QUERY_MIN) return <Empty level={1} icon="search" title={say('searchPeople')} hint={say('searchHint')} />;
    if (problem.value) return <Failure level={1} problem={problem.value} onRetry={() => void look()} />;
    if (users.value?.length === 0) return <Empty level={1} icon="search" title={say('searchNobody', { query })} hint={say('searchHint')} />;
    return <div class="narrow">
        <h1 class="page-title">{say('searchResults', { query })}</h1>
        {users.value === null ? <ListSkeleton /> : <ul class="people" role="list">
            {users.value.map((user) => <li key={user.username}><a href={profilePath(user.username)}>
                <Avatar name={user.username} size={48} /><strong>{user.username}</strong><span class="dim">{sayCount('photos', user.posts_count)}</span>
            </a></li>)}
        </ul>}
        {isFull.value && <button class="button" onClick={() => void look(users.value?.at(-1))}>{say('more')}</button>}
    </div>;
}
