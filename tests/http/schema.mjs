// Checks a value against a JSON Schema, as far as docs/openapi.yaml uses it. A keyword that it does not know fails, so that
// nothing stands there unchecked.

const annotations = ['description', 'default', 'contentMediaType'];

function typeOf(value) {
    if (value === null) return 'null';
    if (Array.isArray(value)) return 'array';
    return Number.isInteger(value) ? 'integer' : typeof value;
}

const keywords = {
    type: (types, value) => [types].flat().some((type) => type === typeOf(value)
        || (type === 'number' && typeOf(value) === 'integer')),
    const: (wanted, value) => value === wanted,
    enum: (values, value) => values.includes(value),
    pattern: (pattern, value) => typeof value !== 'string' || new RegExp(pattern, 'u').test(value),
    minLength: (length, value) => typeof value !== 'string' || [...value].length >= length,
    maxLength: (length, value) => typeof value !== 'string' || [...value].length <= length,
    minimum: (limit, value) => typeof value !== 'number' || value >= limit,
    maximum: (limit, value) => typeof value !== 'number' || value <= limit,
    required: (names, value) => typeOf(value) !== 'object' || names.every((name) => name in value),
};

export function resolve(document, node) {
    if (!node?.$ref) return node;
    const found = node.$ref.slice(2).split('/').reduce((place, name) => place?.[name], document);
    if (found === undefined) throw new Error(`${node.$ref} leads nowhere`);
    return resolve(document, found);
}

/* What is wrong, as a list of sentences; empty when all is well. */
export function faults(document, schema, value, place = 'the answer') {
    const { properties = {}, additionalProperties, items, oneOf, ...rest } = resolve(document, schema);
    const found = [];
    for (const [keyword, wanted] of Object.entries(rest)) {
        if (annotations.includes(keyword)) continue;
        if (!keywords[keyword]) found.push(`${place}: the schema has a keyword that is not understood: ${keyword}`);
        else if (!keywords[keyword](wanted, value)) found.push(`${place}: ${JSON.stringify(value)} is against ${keyword}: ${JSON.stringify(wanted)}`);
    }
    if (typeOf(value) === 'object')
        for (const [name, inner] of Object.entries(value)) {
            if (properties[name]) found.push(...faults(document, properties[name], inner, `${place}.${name}`));
            else if (additionalProperties === false) found.push(`${place} has ${name}, which is not in the schema`);
        }
    if (items && Array.isArray(value)) value.forEach((item, i) => found.push(...faults(document, items, item, `${place}[${i}]`)));
    if (oneOf) {
        const tries = oneOf.map((one) => faults(document, one, value, place));
        if (tries.filter((one) => one.length === 0).length !== 1) found.push(`${place} fits not exactly one of: ${tries.flat().join('; ')}`);
    }
    return found;
}
