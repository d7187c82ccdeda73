// Builds an ONNX file (github.com/onnx/onnx, onnx.proto3; operators of version 13) for nets that see one picture: NCHW, batches
// of one. Shapes are followed along, so that padding and pooling can be worked out here once.
import { Buffer } from 'node:buffer';

const FLOAT = 1;
const IR_VERSION = 7;
const OPERATORS = 13;

// ---- The protobuf wire format: as much as an ONNX file needs ----

function varint(value) {
    const bytes = [];
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
    bytes.push(Number(rest));
    return Buffer.from(bytes);
}
const integerField = (field, value) => Buffer.concat([varint(field << 3), varint(value)]);
function bytesField(field, value) {
    const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value);
    return Buffer.concat([varint(field << 3 | 2), varint(bytes.length), bytes]);
}

function attributeField(name, value) {
    const isList = Array.isArray(value);
    if (![value].flat().every(Number.isInteger)) throw new Error(`attribute ${name} is not made of integers`);
    const values = isList ? value.map((one) => integerField(8, one)) : [integerField(3, value)];
    return bytesField(5, Buffer.concat([bytesField(1, name), ...values, integerField(20, isList ? 7 : 2)]));
}

function valueField(field, name, dimensions) {
    const shape = Buffer.concat(dimensions.map((size) => bytesField(1, integerField(1, size))));
    const type = bytesField(1, Buffer.concat([integerField(1, FLOAT), bytesField(2, shape)]));
    return bytesField(field, Buffer.concat([bytesField(1, name), bytesField(2, type)]));
}

/* TensorFlow's SAME: as many outputs as steps fit, the odd pixel of padding behind. */
export function samePadding(length, kernel, stride) {
    const missing = Math.max((Math.ceil(length / stride) - 1) * stride + kernel - length, 0);
    return [missing >> 1, missing - (missing >> 1)];
}

export class Graph {
    #nodes = [];
    #tensors = [];
    #shapes = new Map([]);
    #count = 0;
    #size;

    /* `size`: of the square input, "input" [1, 3, size, size]. */
    constructor(size) {
        this.#size = size;
        this.#shapes.set('input', [3, size, size]);
    }

    /* Without the batch: [channels, height, width], or [values]. */
    shape(value) {
        const shape = this.#shapes.get(value);
        if (!shape) throw new Error(`no value ${value}`);
        return shape;
    }

    tensor(dimensions, data) {
        const name = `tensor${this.#count++}`;
        const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
        this.#tensors.push(bytesField(5, Buffer.concat([...dimensions.map((size) => integerField(1, size)),
            integerField(2, FLOAT), bytesField(8, name), bytesField(9, bytes)])));
        return name;
    }

    scalar(value) {
        return this.tensor([], new Float32Array([value]));
    }

    #node(operator, inputs, shape, attributes = {}, name = `value${this.#count++}`) {
        this.#nodes.push(bytesField(1, Buffer.concat([...inputs.map((input) => bytesField(1, input)), bytesField(2, name),
            bytesField(3, name), bytesField(4, operator),
            ...Object.entries(attributes).map(([key, value]) => attributeField(key, value))])));
        this.#shapes.set(name, shape);
        return name;
    }

    /* kernel: { shape: [out, in, height, width], data }; depthwise when `groups` is the number of channels. padding:
     * [top, left, bottom, right]. */
    convolve(input, kernel, bias, { stride, padding, groups = 1 }) {
        const [channels, height, width] = this.shape(input);
        const [outputs, inputs, high, wide] = kernel.shape;
        if (inputs * groups !== channels) throw new Error(`${channels} channels into a kernel of ${inputs} times ${groups}`);
        const [top, left, bottom, right] = padding;
        const shape = [outputs, Math.floor((height + top + bottom - high) / stride) + 1,
            Math.floor((width + left + right - wide) / stride) + 1];
        return this.#node('Conv', [input, this.tensor(kernel.shape, kernel.data), this.tensor([outputs], bias)], shape,
            { kernel_shape: [high, wide], strides: [stride, stride], pads: padding, group: groups });
    }

    /* TensorFlow's padding for a kernel on this input, on top of `extra`. */
    padding(input, [high, wide], stride, same, extra = [0, 0, 0, 0]) {
        const [, height, width] = this.shape(input);
        const [top, bottom] = same ? samePadding(height, high, stride) : [0, 0];
        const [left, right] = same ? samePadding(width, wide, stride) : [0, 0];
        return [top + extra[0], left + extra[1], bottom + extra[2], right + extra[3]];
    }

    pool(operator, input, kernel, stride, same) {
        const [channels, height, width] = this.shape(input);
        const padding = this.padding(input, kernel, stride, same);
        const shape = [channels, Math.floor((height + padding[0] + padding[2] - kernel[0]) / stride) + 1,
            Math.floor((width + padding[1] + padding[3] - kernel[1]) / stride) + 1];
        return this.#node(operator, [input], shape, { kernel_shape: kernel, strides: [stride, stride], pads: padding });
    }

    averageAll(input) {
        return this.#node('GlobalAveragePool', [input], [this.shape(input)[0], 1, 1]);
    }

    flatten(input) {
        const [channels, height = 1, width = 1] = this.shape(input);
        return this.#node('Flatten', [input], [channels * height * width], { axis: 1 });
    }

    /* weights: { shape: [in, out], data } */
    multiply(input, weights, bias) {
        const matrix = this.tensor(weights.shape, weights.data);
        return this.#node('Gemm', [input, matrix, this.tensor([weights.shape[1]], bias)], [weights.shape[1]]);
    }

    activate(input, kind) {
        const shape = this.shape(input);
        switch (kind ?? 'linear') {
        case 'linear': return input;
        case 'relu': return this.#node('Relu', [input], shape);
        case 'relu6': return this.#node('Clip', [input, this.scalar(0), this.scalar(6)], shape);
        case 'softmax': return this.#node('Softmax', [input], shape, { axis: 1 });
        default: throw new Error(`no activation ${kind}`);
        }
    }

    add(one, other) {
        return this.#node('Add', [one, other], this.shape(one));
    }

    /* With a tensor of a single number. */
    arithmetic(operator, one, other, shape) {
        return this.#node(operator, [one, other], shape);
    }

    concatenate(inputs) {
        const [, height, width] = this.shape(inputs[0]);
        const channels = inputs.reduce((sum, input) => sum + this.shape(input)[0], 0);
        return this.#node('Concat', inputs, [channels, height, width], { axis: 1 });
    }

    /* The bytes of the file, with `output` as its only output, "scores". */
    finish(name, output) {
        const [scores] = this.shape(output);
        this.#node('Identity', [output], [scores], {}, 'scores');
        const graph = Buffer.concat([...this.#nodes, bytesField(2, name), ...this.#tensors,
            valueField(11, 'input', [1, 3, this.#size, this.#size]), valueField(12, 'scores', [1, scores])]);
        const operators = Buffer.concat([bytesField(1, ''), integerField(2, OPERATORS)]);
        return Buffer.concat([integerField(1, IR_VERSION), bytesField(2, 'cloudphotos'), bytesField(7, graph), bytesField(8, operators)]);
    }
}

/* Folds a batch normalisation into the convolution before it. `channel(i)` is the output channel of the kernel's i-th number. */
export function foldNormalisation(data, bias, { gamma, beta, mean, variance, epsilon }, channel) {
    const scale = Float32Array.from(variance, (value, i) => (gamma ? gamma[i] : 1) / Math.sqrt(value + epsilon));
    return {
        data: data.map((value, i) => value * scale[channel(i)]),
        bias: Float32Array.from(scale, (factor, i) => ((bias ? bias[i] : 0) - mean[i]) * factor + beta[i]),
    };
}
