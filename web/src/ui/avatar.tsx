// A user's letter, on a colour that is always the same for that name.
function hueOf(name: string): number {
    let sum = 7;
    for (const letter of name) sum = (sum * 31 + letter.charCodeAt(0)) % 360;
    return sum;
}

export function Avatar({ name, size = 36 }: { name: string; size?: number }) {
    const style = { '--hue': String(hueOf(name)), width: `${size}px`, height: `${size}px`, fontSize: `${size * 0.44}px` };
    return <span class="avatar" style={style} aria-hidden="true">{(name[0] ?? '?').toUpperCase()}</span>;
}
