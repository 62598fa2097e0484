// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <onnxruntime_c_api.h>

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

/// ONNX Runtime through its C API: all optimisations, input and output where they lie. The library
/// is that of npm's onnxruntime-node, which brings no header.
namespace bench {

inline OrtApi const& ort() {
    static OrtApi const* const of = OrtGetApiBase()->GetApi(ORT_API_VERSION);
    return *of;
}
inline void ort_check(OrtStatus* status) {
    if (!status) return;
    std::string const text = ort().GetErrorMessage(status);
    ort().ReleaseStatus(status);
    throw std::runtime_error(text);
}

/// A network of one input x and one output y, both float.
class OrtNetwork {
public:
    static constexpr char const* name = "ONNX Runtime";
    static std::string about() {
        return std::string(OrtGetApiBase()->GetVersionString()) + ", C API";
    }
    using Shape = std::vector<std::size_t>;

    OrtNetwork(std::string const& file, int threads, float const* x, Shape const& x_shape, float* y,
               Shape const& y_shape) {
        OrtSessionOptions* options = nullptr;
        ort_check(ort().CreateSessionOptions(&options));
        ort_check(ort().SetSessionGraphOptimizationLevel(options, ORT_ENABLE_ALL));
        ort_check(ort().SetIntraOpNumThreads(options, threads));
        ort_check(ort().CreateSessionFromArray(environment(), file.data(), file.size(), options,
                                               &session_));
        ort().ReleaseSessionOptions(options);
        x_ = tensor(const_cast<float*>(x), x_shape);
        y_ = tensor(y, y_shape);
    }
    OrtNetwork(OrtNetwork const&) = delete;
    OrtNetwork& operator=(OrtNetwork const&) = delete;
    ~OrtNetwork() {
        ort().ReleaseValue(x_);
        ort().ReleaseValue(y_);
        ort().ReleaseSession(session_);
    }
    void operator()() {
        char const *const input = "x", *const output = "y";
        OrtValue const* const in = x_;
        ort_check(ort().Run(session_, nullptr, &input, &in, 1, &output, 1, &y_));
    }

private:
    static OrtEnv* environment() {
        static OrtEnv* const made = [] {
            OrtEnv* env = nullptr;
            ort_check(ort().CreateEnv(ORT_LOGGING_LEVEL_WARNING, "lamina", &env));
            return env;
        }();
        return made;
    }
    static OrtValue* tensor(float* p, Shape const& shape) {
        OrtMemoryInfo* memory = nullptr;
        ort_check(ort().CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &memory));
        std::vector<std::int64_t> const dims(shape.begin(), shape.end());
        std::size_t bytes = sizeof(float);
        for (auto const n : shape) bytes *= n;
        OrtValue* value = nullptr;
        ort_check(ort().CreateTensorWithDataAsOrtValue(memory, p, bytes, dims.data(), dims.size(),
                                                       ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT,
                                                       &value));
        ort().ReleaseMemoryInfo(memory);
        return value;
    }
    OrtSession* session_ = nullptr;
    OrtValue *x_ = nullptr, *y_ = nullptr;
};

} // namespace bench
