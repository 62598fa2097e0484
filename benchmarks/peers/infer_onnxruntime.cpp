// SPDX-License-Identifier: BSD-3-Clause
// npm: onnxruntime-node
// path: LAMINA_ONNXRUNTIME_INCLUDE
// header: onnxruntime_c_api.h
// library: libonnxruntime.so.1
// directory: npm/node_modules/onnxruntime-node/bin/napi-v6/linux/x64

#include "../support/onnx.hpp"
#include "../support/onnx_stack.hpp"
#include "../support/onnxruntime.hpp"
#include "../support/peer.hpp"

namespace {

struct Dense : bench::OrtNetwork {
    explicit Dense(bench::InferTask const& t)
        : OrtNetwork(onnx_file(t.net, t.batch), t.threads, t.x, {t.batch, t.net.inputs()}, t.y,
                     {t.batch, t.net.outputs()}) {}
};

struct Stack : bench::OrtNetwork {
    explicit Stack(bench::StackTask const& t) : Stack(t, bench::OnnxStack(t)) {}

private:
    static Shape input(bench::StackTask const& t) {
        Shape shape{t.batch};
        shape.insert(shape.end(), t.net.shape, t.net.shape + t.net.rank);
        return shape;
    }
    Stack(bench::StackTask const& t, bench::OnnxStack const& net)
        : OrtNetwork(net.file(), t.threads, static_cast<float const*>(t.x), input(t), t.y,
                     net.output_shape()) {}
};

} // namespace

extern "C" bench::Peers<bench::InferTask> lamina_infer_peers() {
    return bench::peers<bench::InferTask, Dense>();
}
extern "C" bench::Peers<bench::StackTask> lamina_infer_stack_peers() {
    return bench::peers<bench::StackTask, Stack>();
}
