// expect: Conv2D takes an image, Shape<Height, Width, Channels>.
// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/io/save.hpp>
#include <lamina/lamina.hpp>
#include <lamina/model/stepper.hpp>

using namespace lamina;

// A network without a model: its weights, and what runs on them.
auto amp() {
#ifdef SHOULD_FAIL
    return Sequential{Input<64, 1>{}, Conv2D<8, 3>{}, LSTM<16, ReturnSequences>{}, Dense<1>{}};
#else
    return Sequential{Input<64, 1>{}, Conv1D<8, 3, Causal>{}, LSTM<16, ReturnSequences>{},
                      Dense<1>{}};
#endif
}
class Plugin {
public:
    using Net = Network<decltype(amp())>;
    explicit Plugin(char const* path) { load(weights_, path, {.names = Names::torch}); }
    float process(float x) { return *step_(&x); }
    void begin() { step_.start(); }
    float whole(float const* x) {
        void const* inputs[]{x};
        return *predict(weights_, room_, inputs, 1) +
               *predict(PreparedWeights<Net>{weights_}, room_, inputs, 1);
    }
    static_assert(Net::parameters == 1649);

private:
    Weights<Net> weights_{amp()};
    Workspace<Net> room_;
    Stepper<Net> step_{weights_};
};

int main() {
    Weights weights{amp()};
    save(weights, "amp.safetensors");
    Plugin plugin{"amp.safetensors"};
    auto model = compile(amp(), Adam{}, MeanSquaredError{});
    transfer(weights, model);
    static_assert(decltype(model)::parameter_count == 1649);
    Stepper step{model};
    float const x[64]{};
    Tensor<float, 3> const all = xt::zeros<float>({1, 64, 1});
    return int(plugin.process(*step(x))) + int(plugin.whole(x)) + int(predict(weights, all).size());
}
