// What a service worker's global scope has beyond a page's, as far as ours uses it: the compiler knows the page's alone.
export interface ExtendableEvent extends Event { waitUntil(work: Promise<unknown>): void }
export interface FetchEvent extends ExtendableEvent { request: Request; respondWith(answer: Promise<Response>): void }
export interface SyncEvent extends ExtendableEvent { tag: string }

interface Events { install: ExtendableEvent; activate: ExtendableEvent; fetch: FetchEvent; sync: SyncEvent }

export interface WorkerScope {
    skipWaiting(): Promise<void>;
    clients: { claim(): Promise<void> };
    addEventListener<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): void;
}
