// TensorFlow.js models as npm packages bundle them (CommonJS files with base64 inside, weights in 8 bits) to ONNX. Two kinds: Keras layers,
// and frozen TensorFlow graphs. Knows the layers that image classifiers are made of.
import { Buffer } from 'node:buffer';
import { createRequire } from 'node:module';
import { basename, resolve } from 'node:path';
import { foldNormalisation, Graph } from './onnx.mjs';

const require = createRequire(import.meta.url);

function loadShard(path) {
    const module = require(path);
    return Buffer.from(typeof module === 'string' ? module : module.default ?? Object.values(module)[0], 'base64');
}

/* name: { shape, data } of every weight. */
function readWeights(folder, manifest) {
    const bytes = Buffer.concat(manifest.flatMap((group) => group.paths).map((path) => loadShard(resolve(folder, `${path}.min.js`))));
    const weights = new Map();
    let at = 0;
    for (const { name, shape, dtype, quantization } of manifest.flatMap((group) => group.weights)) {
        const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
        const type = quantization?.dtype ?? dtype;
        if (!['uint8', 'float32', 'int32'].includes(type)) throw new Error(`weights of type ${type}`);
        for (let i = 0; i < data.length; i++) {
            if (type === 'uint8') data[i] = bytes[at++] * quantization.scale + quantization.min;
            else at += 4, data[i] = type === 'float32' ? bytes.readFloatLE(at - 4) : bytes.readInt32LE(at - 4);
        }
        weights.set(name, { shape, data });
    }
    if (at !== bytes.length) throw new Error(`used ${at} of ${bytes.length} bytes of weights`);
    return weights;
}

/* TensorFlow's kernel [height, width, in, out] as ONNX has it; a depthwise one becomes [in * out, 1, height, width]. */
function turnKernel({ shape, data }, depthwise) {
    const [high, wide, inputs, outputs] = shape;
    const turned = new Float32Array(data.length);
    for (let i = 0; i < data.length; i++) {
        const output = i % outputs, input = Math.floor(i / outputs) % inputs, place = Math.floor(i / outputs / inputs);
        turned[depthwise ? (input * outputs + output) * high * wide + place : (output * inputs + input) * high * wide + place] = data[i];
    }
    return { shape: depthwise ? [inputs * outputs, 1, high, wide] : [outputs, inputs, high, wide], data: turned };
}

function convolve(graph, input, weights, bias, { stride, same, extra, depthwise, activation }) {
    const kernel = turnKernel(weights, depthwise);
    const padding = graph.padding(input, kernel.shape.slice(2), stride, same, extra);
    const groups = depthwise ? graph.shape(input)[0] : 1;
    return graph.activate(graph.convolve(input, kernel, bias, { stride, padding, groups }), activation);
}

function poolAverage(graph, input, kernel, stride, same) {
    const [, height, width] = graph.shape(input);
    return kernel[0] >= height && kernel[1] >= width && !same ? graph.averageAll(input)
        : graph.pool('AveragePool', input, kernel, stride, same);
}

// ---- Keras layers ----

function convertKeras(name, layers, weights) {
    const weight = (path) => weights.get(path) ?? [...weights].find(([key]) => key.endsWith(`/${path}`))?.[1];
    const inputsOf = (layer) => (layer.inbound_nodes[0] ?? []).map(([from]) => from);
    const users = (layer) => layers.filter((other) => inputsOf(other).includes(layer.name));
    const values = new Map(), paddings = new Map(), folded = new Set();
    let graph;

    function convolution(layer, input) {
        const { config } = layer;
        const depthwise = layer.class_name === 'DepthwiseConv2D';
        let kernel = weight(`${layer.name}/${depthwise ? 'depthwise_kernel' : 'kernel'}`);
        const outputs = depthwise ? kernel.shape[2] * kernel.shape[3] : kernel.shape[3];
        let bias = config.use_bias ? weight(`${layer.name}/bias`).data : new Float32Array(outputs);
        const [next, ...others] = users(layer);
        if (next.class_name === 'BatchNormalization' && !others.length) {
            const part = (key) => weight(`${next.name}/${key}`).data;
            const normalisation = { gamma: next.config.scale ? part('gamma') : null, beta: part('beta'), mean: part('moving_mean'),
                variance: part('moving_variance'), epsilon: next.config.epsilon };
            const result = foldNormalisation(kernel.data, bias, normalisation, (i) => i % outputs);
            kernel = { shape: kernel.shape, data: result.data };
            bias = result.bias;
            folded.add(next.name);
        }
        return convolve(graph, input, kernel, bias, { stride: config.strides[0], same: config.padding === 'same', depthwise,
            extra: paddings.get(inputsOf(layer)[0]), activation: config.activation });
    }

    const handlers = {
        InputLayer: ({ config }) => { graph = new Graph(config.batch_input_shape[1]); return 'input'; },
        ZeroPadding2D: ({ name: own, config: { padding: [[top, bottom], [left, right]] } }, [input]) => {
            paddings.set(own, [top, left, bottom, right]);
            return input;
        },
        Conv2D: (layer, [input]) => convolution(layer, input),
        DepthwiseConv2D: (layer, [input]) => convolution(layer, input),
        BatchNormalization: (layer, [input]) => {
            if (!folded.has(layer.name)) throw new Error(`normalisation ${layer.name} stands alone`);
            return input;
        },
        ReLU: ({ config }, [input]) => graph.activate(input, config.max_value === 6 ? 'relu6' : 'relu'),
        Activation: ({ config }, [input]) => graph.activate(input, config.activation),
        Add: (_, [one, other]) => graph.add(one, other),
        Concatenate: (_, inputs) => graph.concatenate(inputs),
        MaxPooling2D: ({ config }, [input]) => graph.pool('MaxPool', input, config.pool_size, config.strides[0], config.padding === 'same'),
        AveragePooling2D: ({ config }, [input]) =>
            poolAverage(graph, input, config.pool_size, config.strides[0], config.padding === 'same'),
        Flatten: (_, [input]) => graph.flatten(input),
        Dropout: (_, [input]) => input,
        Dense: (layer, [input]) => graph.activate(graph.multiply(input, weight(`${layer.name}/kernel`), weight(`${layer.name}/bias`).data),
            layer.config.activation),
    };
    for (const layer of layers) {
        const handler = handlers[layer.class_name];
        if (!handler) throw new Error(`no layer ${layer.class_name}`);
        values.set(layer.name, handler(layer, inputsOf(layer).map((from) => values.get(from))));
    }
    return graph.finish(name, values.get(layers.at(-1).name));
}

// ---- Frozen graphs, whose operations TensorFlow has fused ----

function convertFrozen(name, nodes, weights) {
    const decode = (string) => Buffer.from(string, 'base64').toString();
    const list = (node, key) => node.attr[key].list.i.slice(1, 3).map(Number);
    const values = new Map(), constants = new Map();
    let graph, output;

    const activation = (node) => {
        const operations = (node.attr.fused_ops?.list.s ?? []).map(decode);
        return operations.includes('Relu6') ? 'relu6' : operations.includes('Relu') ? 'relu' : 'linear';
    };
    const fused = (node, [input, kernel, bias], depthwise) => convolve(graph, values.get(input), constants.get(kernel), constants.get(bias).data,
        { stride: list(node, 'strides')[0], same: decode(node.attr.padding.s) === 'SAME', depthwise, activation: activation(node) });
    const arithmetic = (operator) => (_, inputs) => {
        const operands = inputs.map((input) => {
            if (values.has(input)) return values.get(input);
            const { data } = constants.get(input);
            if (data.length !== 1) throw new Error(`arithmetic with ${data.length} numbers`);
            return graph.scalar(data[0]);
        });
        return graph.arithmetic(operator, operands[0], operands[1], graph.shape(values.get(inputs.find((input) => values.has(input)))));
    };
    const handlers = {
        Placeholder: (node) => { graph = new Graph(Number(node.attr.shape.shape.dim[1].size)); return 'input'; },
        Mul: arithmetic('Mul'), Sub: arithmetic('Sub'), Add: arithmetic('Add'), AddV2: arithmetic('Add'),
        _FusedConv2D: (node, inputs) => fused(node, inputs, false),
        FusedDepthwiseConv2dNative: (node, inputs) => fused(node, inputs, true),
        AvgPool: (node, [input]) => poolAverage(graph, values.get(input), list(node, 'ksize'), list(node, 'strides')[0], false),
        Squeeze: (_, [input]) => graph.flatten(values.get(input)),
        _FusedMatMul: (_, [input, matrix, bias]) => graph.multiply(values.get(input), constants.get(matrix), constants.get(bias).data),
        Softmax: (_, [input]) => graph.activate(values.get(input), 'softmax'),
        Identity: (_, [input]) => (output = values.get(input)),
    };
    for (const node of nodes) {
        if (node.op === 'Const') {
            constants.set(node.name, weights.get(node.name));
            continue;
        }
        const handler = handlers[node.op];
        if (!handler) throw new Error(`no operation ${node.op}`);
        values.set(node.name, handler(node, (node.input ?? []).map((input) => input.replace(/:0$/, ''))));
    }
    return graph.finish(name, output);
}

/* The bytes of an ONNX file from the folder of a bundled model. */
export function convertTfjs(folder) {
    const { modelTopology, weightsManifest } = require(resolve(folder, 'model.min.js'));
    const weights = readWeights(folder, weightsManifest);
    return modelTopology.model_config ? convertKeras(basename(folder), modelTopology.model_config.config.layers, weights)
        : convertFrozen(basename(folder), modelTopology.node, weights);
}
