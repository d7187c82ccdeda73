// What the app weighs on its way to a browser.
import { PARTS } from '../../tests/web/parts.mjs';

export async function measure() {
    return PARTS.map(({ what, size, limit }) => ({ what: `${what}, gzip`, value: size / 1000, unit: 'KB', most: limit / 1000 }));
}
