// PyTorch checkpoints of the old kind (before 1.6: pickles one after the other, then the numbers) as maps of weights. The pickle is
// interpreted by as much of its machine (docs.python.org/3/library/pickletools) as checkpoints need: nothing in it is called or imported.
import { Buffer } from 'node:buffer';

const ITEM_TYPES = { 'torch FloatStorage': ['readFloatLE', 4], 'torch LongStorage': ['readBigInt64LE', 8] };

/* A call or a name that the pickle asks for, kept as it is written. */
class Reference {
    constructor(name, words) {
        this.name = name;
        this.words = words;
    }
}

class Unpickler {
    #bytes;
    #stack = [];
    #marks = [];
    #memo = new Map();

    constructor(bytes, at) {
        this.#bytes = bytes;
        this.at = at;
    }

    #take(size) {
        this.at += size;
        return this.#bytes.subarray(this.at - size, this.at);
    }
    #line() {
        const end = this.#bytes.indexOf(10, this.at);
        const line = this.#bytes.toString('latin1', this.at, end);
        this.at = end + 1;
        return line;
    }
    #toMark() {
        return this.#stack.splice(this.#marks.pop());
    }
    #pairs(target, items) {
        for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
    }
    #reduce() {
        const words = this.#stack.pop(), callable = this.#stack.pop();
        this.#stack.push(callable.name === 'collections OrderedDict' ? new Map() : new Reference(callable.name, words));
    }

    #operations = {
        '\x80': () => this.#take(1), // the protocol's version
        '}': () => this.#stack.push(new Map()),
        ']': () => this.#stack.push([]),
        ')': () => this.#stack.push([]),
        'N': () => this.#stack.push(null),
        '\x88': () => this.#stack.push(true),
        '\x89': () => this.#stack.push(false),
        '(': () => this.#marks.push(this.#stack.length),
        't': () => { const items = this.#toMark(); this.#stack.push(items); },
        '\x85': () => this.#stack.push(this.#stack.splice(-1)),
        '\x86': () => this.#stack.push(this.#stack.splice(-2)),
        '\x87': () => this.#stack.push(this.#stack.splice(-3)),
        'K': () => this.#stack.push(this.#take(1)[0]),
        'M': () => this.#stack.push(this.#take(2).readUInt16LE()),
        'J': () => this.#stack.push(this.#take(4).readInt32LE()),
        '\x8a': () => { const bytes = this.#take(this.#take(1)[0]); this.#stack.push(`0x${Buffer.from(bytes).reverse().toString('hex')}`); },
        'G': () => this.#stack.push(this.#take(8).readDoubleBE()),
        'X': () => this.#stack.push(this.#take(this.#take(4).readUInt32LE()).toString('utf8')),
        'c': () => this.#stack.push(new Reference(`${this.#line()} ${this.#line()}`)),
        'q': () => this.#memo.set(this.#take(1)[0], this.#stack.at(-1)),
        'r': () => this.#memo.set(this.#take(4).readUInt32LE(), this.#stack.at(-1)),
        'h': () => this.#stack.push(this.#memo.get(this.#take(1)[0])),
        'j': () => this.#stack.push(this.#memo.get(this.#take(4).readUInt32LE())),
        'R': () => this.#reduce(),
        'Q': () => this.#stack.push(new Reference('persistent', this.#stack.pop())),
        's': () => { const items = this.#stack.splice(-2); this.#pairs(this.#stack.at(-1), items); },
        'u': () => { const items = this.#toMark(); this.#pairs(this.#stack.at(-1), items); },
        'e': () => { const items = this.#toMark(); this.#stack.at(-1).push(...items); },
        'a': () => { const item = this.#stack.pop(); this.#stack.at(-1).push(item); },
        'b': () => this.#stack.pop(), // attributes of an object
    };

    read() {
        for (;;) {
            const code = String.fromCharCode(this.#take(1)[0]);
            if (code === '.') return this.#stack.pop();
            const operation = this.#operations[code];
            if (!operation) throw new Error(`no pickle operation ${JSON.stringify(code)} at ${this.at - 1}`);
            operation();
        }
    }
}

function readStorages(bytes, at, keys, types) {
    const storages = new Map();
    for (const key of keys) {
        const count = Number(bytes.readBigUInt64LE(at));
        const [read, width] = ITEM_TYPES[types.get(key)] ?? [];
        if (!width) throw new Error(`numbers of type ${types.get(key)}`);
        at += 8;
        storages.set(key, Float32Array.from({ length: count }, (_, i) => Number(bytes[read](at + i * width))));
        at += count * width;
    }
    if (at !== bytes.length) throw new Error(`used ${at} of ${bytes.length} bytes`);
    return storages;
}

/* The numbers of a tensor in the order of its shape, however they lie in their storage. */
function gather(storage, offset, shape, strides) {
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    for (let i = 0; i < data.length; i++) {
        let from = offset;
        for (let axis = shape.length - 1, rest = i; axis >= 0; axis--) {
            from += rest % shape[axis] * strides[axis];
            rest = Math.floor(rest / shape[axis]);
        }
        data[i] = storage[from];
    }
    return data;
}

/* name: { shape, data }. */
export function readCheckpoint(bytes) {
    let at = 0;
    const next = () => {
        const unpickler = new Unpickler(bytes, at);
        const value = unpickler.read();
        at = unpickler.at;
        return value;
    };
    next(), next(), next(); // magic number, version, the machine that wrote it
    const tensors = next(), keys = next();
    const types = new Map();
    for (const { words: [{ words: [, type, key] }] } of tensors.values()) types.set(key, type.name);
    const storages = readStorages(bytes, at, keys, types);
    const weights = new Map();
    for (const [name, { words: [{ words: [, , key] }, offset, shape, steps] }] of tensors)
        weights.set(name, { shape, data: gather(storages.get(key), offset, shape, steps) });
    return weights;
}
