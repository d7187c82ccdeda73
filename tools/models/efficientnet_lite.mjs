// EfficientNet-Lite (github.com/tensorflow/tpu, models/official/efficientnet/lite): the graph from a checkpoint's weights. Its layers'
// sizes are in the weights; what is not are strides and where a block's input is added to its output.
import { foldNormalisation, Graph } from './onnx.mjs';

const EPSILON = 1e-3;
const SIZES = { lite0: 224, lite1: 240, lite2: 260 };
const DEPTHS = { lite0: 1, lite1: 1.1, lite2: 1.2 };
// Of the first block of each stage, and how often the stage repeats it in Lite0.
const STAGES = [{ stride: 1, repeats: 1 }, { stride: 2, repeats: 2 }, { stride: 2, repeats: 2 }, { stride: 2, repeats: 3 },
    { stride: 1, repeats: 3 }, { stride: 2, repeats: 4 }, { stride: 1, repeats: 1 }];

function strides(depth) {
    return STAGES.flatMap(({ stride, repeats }, i) => {
        const isFixed = i === 0 || i === STAGES.length - 1; // Lite never repeats these more often
        const count = isFixed ? repeats : Math.ceil(repeats * depth);
        return [stride, ...Array(count - 1).fill(1)];
    });
}

/* The bytes of an ONNX file; `variant`: lite0, lite1 or lite2. */
export function convertEfficientNetLite(weights, variant) {
    const graph = new Graph(SIZES[variant]);

    function layer(input, name, normalisation, { stride = 1, activation = 'relu6' } = {}) {
        const kernel = weights.get(`${name}.weight`);
        const part = (key) => weights.get(`${normalisation}.${key}`).data;
        const perOutput = kernel.data.length / kernel.shape[0];
        const { data, bias } = foldNormalisation(kernel.data, null, { gamma: part('weight'), beta: part('bias'),
            mean: part('running_mean'), variance: part('running_var'), epsilon: EPSILON }, (i) => Math.floor(i / perOutput));
        const [, inputs, ...size] = kernel.shape;
        const groups = graph.shape(input)[0] / inputs;
        const padding = graph.padding(input, size, stride, true);
        return graph.activate(graph.convolve(input, { shape: kernel.shape, data }, bias, { stride, padding, groups }), activation);
    }
    function block(input, name, stride) {
        const expanded = weights.has(`${name}._expand_conv.weight`)
            ? layer(input, `${name}._expand_conv`, `${name}._bn0`) : input;
        const filtered = layer(expanded, `${name}._depthwise_conv`, `${name}._bn1`, { stride });
        const projected = layer(filtered, `${name}._project_conv`, `${name}._bn2`, { activation: 'linear' });
        return stride === 1 && graph.shape(projected)[0] === graph.shape(input)[0] ? graph.add(projected, input) : projected;
    }

    let value = layer('input', '_conv_stem', '_bn0', { stride: 2 });
    const steps = strides(DEPTHS[variant]);
    if (weights.has(`_blocks.${steps.length}._project_conv.weight`)) throw new Error(`the checkpoint is deeper than ${variant}`);
    steps.forEach((stride, i) => (value = block(value, `_blocks.${i}`, stride)));
    value = graph.flatten(graph.averageAll(layer(value, '_conv_head', '_bn1')));

    const { shape: [outputs, inputs], data } = weights.get('_fc.weight');
    const turned = Float32Array.from(data, (_, i) => data[(i % outputs) * inputs + Math.floor(i / outputs)]);
    value = graph.multiply(value, { shape: [inputs, outputs], data: turned }, weights.get('_fc.bias').data);
    return graph.finish(`efficientnet-${variant}`, graph.activate(value, 'softmax'));
}
