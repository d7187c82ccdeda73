// What others do shows up by itself: `look` is called every half a minute while the page can be seen, and as soon as somebody
// comes back to it.
const PAUSE_MS = 30_000;

export function whileWatched(look: () => void): () => void {
    let last = Date.now();
    const lookAgain = () => {
        if (document.hidden || Date.now() - last < PAUSE_MS / 10) return;
        last = Date.now();
        look();
    };
    const timer = setInterval(lookAgain, PAUSE_MS);
    document.addEventListener('visibilitychange', lookAgain);
    addEventListener('focus', lookAgain);
    addEventListener('online', lookAgain);
    return () => {
        clearInterval(timer);
        document.removeEventListener('visibilitychange', lookAgain);
        removeEventListener('focus', lookAgain);
        removeEventListener('online', lookAgain);
    };
}
