// SPDX-License-Identifier: BSD-3-Clause
// npm: onnxruntime-node
// library: libonnxruntime.so.1
// directory: npm/node_modules/onnxruntime-node/bin/napi-v6/linux/x64
//
// ONNX Runtime through node, for those who have no header of its C API. Node keeps the time; what
// its call costs, measured with a network of one weight, is said beside the version.

#include "../support/child.hpp"
#include "../support/onnx.hpp"
#include "../support/peer.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

/// Where scripts/bench --peers puts it.
std::string package() { return LAMINA_PEER_FOLDER "/../../npm/node_modules/onnxruntime-node"; }

constexpr char const* program = R"js(
const ort = require(process.argv[1]);
const [model, x, y, batch, inputs, threads] = process.argv.slice(2);
const fs = require('fs');
(async () => {
    const session = await ort.InferenceSession.create(model, {intraOpNumThreads: Number(threads),
        interOpNumThreads: 1, graphOptimizationLevel: 'all', executionMode: 'sequential'});
    const numbers = new Float32Array(new Uint8Array(fs.readFileSync(x)).buffer);
    const feeds = {x: new ort.Tensor('float32', numbers, [Number(batch), Number(inputs)])};
    for await (const line of require('readline').createInterface({input: process.stdin})) {
        const count = Number(line), start = process.hrtime.bigint();
        let result;
        for (let i = 0; i < count; ++i) result = await session.run(feeds);
        const spent = process.hrtime.bigint() - start;
        fs.writeFileSync(y, new Uint8Array(result.y.data.buffer));
        console.log(String(Number(spent) * 1e-9));
    }
})();
)js";

struct Node {
    static constexpr char const* name = "ONNX Runtime (node)";
    static std::string about() {
        std::size_t const widths[]{1, 1};
        float const parameters[]{1, 0}, x = 0;
        float y = 0;
        Node call(bench::InferTask{{1, widths, parameters}, 1, &x, &y, 1});
        call(20000);
        double const seconds = call(20000) / 20000;
        return "onnxruntime-node; of each figure the call takes " +
               std::to_string(seconds * 1e6).substr(0, 4) + " us";
    }
    bench::InferTask t;
    bench::ScratchFolder folder;
    std::string y;
    std::unique_ptr<bench::Child> child;

    explicit Node(bench::InferTask const& task) : t(task), y(folder.file("y")) {
        std::string const model = onnx_file(t.net, t.batch);
        folder.write("model.onnx", model.data(), model.size());
        folder.write("x", t.x, t.batch * t.net.inputs() * sizeof(float));
        child = std::make_unique<bench::Child>(std::vector<std::string>{
            "node", "-e", program, package(), folder.file("model.onnx"), folder.file("x"), y,
            std::to_string(t.batch), std::to_string(t.net.inputs()), std::to_string(t.threads)});
        if ((*this)(1) <= 0) throw std::runtime_error("node did not answer");
    }
    double operator()(std::size_t times) {
        double const seconds = std::stod(child->ask(std::to_string(times)));
        std::FILE* const from = std::fopen(y.c_str(), "rb");
        std::size_t const count = t.batch * t.net.outputs();
        bool const read = from && std::fread(t.y, sizeof(float), count, from) == count;
        if (from) std::fclose(from);
        if (!read) throw std::runtime_error("node wrote no result");
        return seconds;
    }
};

} // namespace

extern "C" bench::Peers<bench::InferTask> lamina_infer_peers() {
    return bench::peers<bench::InferTask, Node>();
}
