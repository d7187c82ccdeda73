// A reader of the plain part of YAML that docs/openapi.yaml keeps to: block mappings and sequences, plain and single-quoted
// scalars, flow collections ([a, b] and {a: b}, over several lines too), > for folded text, &anchors of blocks and *aliases.
// What is not of that part fails, naming the line.

function fail(line, what) {
    throw new Error(`line ${line.number}: ${what}: ${line.text}`);
}

/* Lines without comments and blank ones: { number, indent, text }. */
function readLines(source) {
    return source.split('\n').map((raw, i) => ({ number: i + 1, indent: raw.search(/\S/), text: raw.trim() }))
        .filter(({ text }) => text && !text.startsWith('#'));
}

function readScalar(text, line) {
    if (/^'(?:[^']|'')*'$/.test(text)) return text.slice(1, -1).replaceAll("''", "'");
    if (/^["&*!|>%@`'{}[\]]/.test(text) || /: | #/.test(text)) fail(line, 'this needs quotes');
    if (text === 'null' || text === '~') return null;
    if (text === 'true' || text === 'false') return text === 'true';
    if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
    return text;
}

/* A flow collection from `text` on: [value, rest]. */
function readFlow(text, line) {
    let rest = text;
    const eat = (pattern) => {
        const match = rest.match(pattern);
        if (match) rest = rest.slice(match[0].length);
        return match;
    };
    const value = () => {
        if (eat(/^\{\s*/)) return mapping();
        if (eat(/^\[\s*/)) return sequence();
        const match = eat(/^'(?:[^']|'')*'/) ?? eat(/^[^,{}[\]]+/);
        if (!match) fail(line, `no value at "${rest}"`);
        return readScalar(match[0].trim(), line);
    };
    const mapping = () => {
        const result = {};
        while (!eat(/^\}\s*/)) {
            const key = eat(/^([\w$-]+):\s+/) ?? fail(line, `no key at "${rest}"`);
            if (key[1] in result) fail(line, `${key[1]} twice`);
            result[key[1]] = value();
            if (!eat(/^\s*,\s*/) && !/^\s*\}/.test(rest)) fail(line, `no comma at "${rest}"`);
            eat(/^\s+/);
        }
        return result;
    };
    const sequence = () => {
        const result = [];
        while (!eat(/^\]\s*/)) {
            result.push(value());
            if (!eat(/^\s*,\s*/) && !/^\s*\]/.test(rest)) fail(line, `no comma at "${rest}"`);
            eat(/^\s+/);
        }
        return result;
    };
    const result = value();
    if (rest) fail(line, `too much: "${rest}"`);
    return result;
}

/* Brackets that are still open, quoted ones not counted. */
const depth = (text) => [...text.replace(/'(?:[^']|'')*'/g, '')].reduce((sum, c) =>
    sum + ('[{'.includes(c) ? 1 : ']}'.includes(c) ? -1 : 0), 0);

class Reader {
    constructor(source) {
        this.lines = readLines(source);
        this.at = 0;
        this.anchors = new Map();
    }

    /* What stands behind "key:" or "-": `text` on the same line, or a block below that is indented by more than `indent`. */
    value(text, line, indent) {
        if (text === '>') return this.folded(indent);
        if (text.startsWith('*')) return this.anchors.get(text.slice(1)) ?? fail(line, 'an alias without its anchor');
        if (text === '' || /^&\w+$/.test(text)) {
            const next = this.lines[this.at];
            if (!next || next.indent <= indent) fail(line, 'no value');
            const block = this.block(next.indent);
            if (text) this.anchors.set(text.slice(1), block);
            return block;
        }
        if (!/^[[{]/.test(text)) return readScalar(text, line);
        let whole = text;
        while (depth(whole) > 0 && this.at < this.lines.length) whole += ` ${this.lines[this.at++].text}`;
        return readFlow(whole, line);
    }

    folded(indent) {
        const words = [];
        while (this.lines[this.at]?.indent > indent) words.push(this.lines[this.at++].text);
        return `${words.join(' ')}\n`;
    }

    block(indent) {
        return this.lines[this.at].text.startsWith('- ') ? this.sequence(indent) : this.mapping(indent);
    }

    sequence(indent) {
        const result = [];
        while (this.lines[this.at]?.indent === indent && this.lines[this.at].text.startsWith('- ')) {
            const line = this.lines[this.at];
            const text = line.text.slice(2).trim();
            if (/^[\w$'-]+:( |$)/.test(text)) { // a mapping that begins on the line of its dash
                line.indent += 2;
                line.text = text;
                result.push(this.mapping(line.indent));
            } else {
                this.at++;
                result.push(this.value(text, line, indent));
            }
        }
        return result;
    }

    mapping(indent) {
        const result = {};
        while (this.lines[this.at]?.indent === indent) {
            const line = this.lines[this.at++];
            const match = line.text.match(/^('(?:[^']|'')*'|[^\s'"[\]#&*-][^'"[\]#]*?):(?: +(.*))?$/) ?? fail(line,
                'no "key: value"');
            const key = String(match[1].startsWith("'") ? readScalar(match[1], line) : match[1]);
            if (key in result) fail(line, `${key} twice`);
            result[key] = this.value(match[2] ?? '', line, indent);
        }
        if (this.lines[this.at]?.indent > indent) fail(this.lines[this.at], 'indented too far');
        return result;
    }
}

export function readYaml(source) {
    const reader = new Reader(source);
    const result = reader.block(0);
    if (reader.at < reader.lines.length) fail(reader.lines[reader.at], 'not understood');
    return result;
}
