// SPDX-License-Identifier: BSD-3-Clause
// npm: onnxruntime-node
// path: LAMINA_ONNXRUNTIME_INCLUDE
// header: onnxruntime_c_api.h
// library: libonnxruntime.so.1
// directory: npm/node_modules/onnxruntime-node/bin/napi-v6/linux/x64
//
// ONNX Runtime through its C API: all optimisations, input and output where they lie. The library
// is that of npm's onnxruntime-node, which brings no header.

#include "../support/onnx.hpp"
#include "../support/peer.hpp"

#include <onnxruntime_c_api.h>

#include <stdexcept>

namespace {

OrtApi const& api() {
    static OrtApi const* const of = OrtGetApiBase()->GetApi(ORT_API_VERSION);
    return *of;
}
void check(OrtStatus* status) {
    if (!status) return;
    std::string const text = api().GetErrorMessage(status);
    api().ReleaseStatus(status);
    throw std::runtime_error(text);
}
OrtEnv* environment() {
    static OrtEnv* const made = [] {
        OrtEnv* env = nullptr;
        check(api().CreateEnv(ORT_LOGGING_LEVEL_WARNING, "lamina", &env));
        return env;
    }();
    return made;
}

struct OnnxRuntime {
    static constexpr char const* name = "ONNX Runtime";
    static std::string about() {
        return std::string(OrtGetApiBase()->GetVersionString()) + ", C API";
    }
    OrtSession* session = nullptr;
    OrtValue *x = nullptr, *y = nullptr;

    explicit OnnxRuntime(bench::InferTask const& t) {
        std::string const file = onnx_file(t.net, t.batch);
        OrtSessionOptions* options = nullptr;
        check(api().CreateSessionOptions(&options));
        check(api().SetSessionGraphOptimizationLevel(options, ORT_ENABLE_ALL));
        check(api().SetIntraOpNumThreads(options, t.threads));
        check(api().CreateSessionFromArray(environment(), file.data(), file.size(), options,
                                           &session));
        api().ReleaseSessionOptions(options);
        OrtMemoryInfo* memory = nullptr;
        check(api().CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &memory));
        auto const tensor = [&](float* p, std::size_t columns, OrtValue** value) {
            std::int64_t const shape[]{static_cast<std::int64_t>(t.batch),
                                       static_cast<std::int64_t>(columns)};
            check(api().CreateTensorWithDataAsOrtValue(memory, p, t.batch * columns * sizeof(float),
                                                       shape, 2,
                                                       ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT, value));
        };
        tensor(const_cast<float*>(t.x), t.net.inputs(), &x);
        tensor(t.y, t.net.outputs(), &y);
        api().ReleaseMemoryInfo(memory);
    }
    OnnxRuntime(OnnxRuntime const&) = delete;
    OnnxRuntime& operator=(OnnxRuntime const&) = delete;
    ~OnnxRuntime() {
        api().ReleaseValue(x);
        api().ReleaseValue(y);
        api().ReleaseSession(session);
    }
    void operator()() {
        char const *const input = "x", *const output = "y";
        OrtValue const* const in = x;
        check(api().Run(session, nullptr, &input, &in, 1, &output, 1, &y));
    }
};

} // namespace

extern "C" bench::Peers<bench::InferTask> lamina_infer_peers() {
    return bench::peers<bench::InferTask, OnnxRuntime>();
}
