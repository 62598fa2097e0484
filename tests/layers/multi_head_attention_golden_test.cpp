// SPDX-License-Identifier: BSD-3-Clause
#include <lamina/layers/multi_head_attention.hpp>

#include "support/check_golden.hpp"
#include "support/torch_parameters.hpp"

#include <lamina/graph/frozen.hpp>
#include <lamina/layers/add.hpp>
#include <lamina/layers/embedding.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using namespace lamina;
using namespace lamina::testing;

// PyTorch gives the weights too, and the golden gradients are those of both. So each network has a
// second attention with the same queries and keys, whose values are a unit matrix: its output is
// the weights, and its gradients belong to those of the first.
namespace {

struct Wanted {
    std::size_t time, keys, heads = 2, embed = 8;
    bool each_head = false, bias = true;
};

/// The second attention's parameters behind the first's: unit values, and an output that is the
/// mean over the heads or each of them.
std::vector<double> with_weights(TorchParameters torch, golden::Case const& golden,
                                 Wanted const& w) {
    auto const first = torch.all.size();
    torch.attention();
    std::vector<double> second(torch.all.begin() + long(first), torch.all.end());
    torch.all.resize(first);
    auto const put = [&](std::size_t count, double value) {
        torch.all.insert(torch.all.end(), count, value);
    };
    std::size_t const keyed = golden.has("in/k") ? golden["in/k"].shape[2] : w.embed;
    std::size_t const size = w.embed * w.embed + keyed * w.embed + (w.bias ? 2 * w.embed : 0);
    torch.all.insert(torch.all.end(), second.begin(), second.begin() + long(size));
    for (std::size_t i = 0; i < w.keys; ++i)   // value kernel [keys, heads, keys]
        for (std::size_t h = 0; h < w.heads; ++h)
            for (std::size_t j = 0; j < w.keys; ++j) put(1, i == j);
    if (w.bias) put(w.heads * w.keys, 0);
    for (std::size_t h = 0; h < w.heads; ++h)   // output kernel [heads, keys, out]
        for (std::size_t i = 0; i < w.keys; ++i)
            for (std::size_t g = 0; g < (w.each_head ? w.heads : 1); ++g)
                for (std::size_t j = 0; j < w.keys; ++j)
                    put(1, i != j ? 0 : !w.each_head ? 1 / double(w.heads) : double(g == h));
    if (w.bias) put(w.each_head ? w.heads * w.keys : w.keys, 0);
    return torch.all;
}

/// The parameters of queries and keys have two gradients: both networks' are added before they are
/// compared.
template <class D>
void check_attention(golden::Case golden, D const& definition, Wanted const& w,
                     std::vector<std::string> const& inputs,
                     std::vector<std::vector<std::int32_t>> const& tokens = {},
                     std::size_t extra = 0) {
    INFO(golden.name);
    using N = Network<D, double, true>;
    std::size_t const batch = 2;
    Bench<N> bench(definition, batch, Conditions{});
    auto const parameters = with_weights(
        TorchParameters(golden, "param/").numbers(extra, 0).attention(), golden, w);
    REQUIRE(N::parameters == parameters.size());
    std::copy(parameters.begin(), parameters.end(), bench.weights.values.data());
    for (std::size_t k = 0, t = 0; k < inputs.size(); ++k) {
        if (inputs[k] == "unit") {
            for (std::size_t i = 0; i < bench.x[k].size(); ++i)
                bench.x[k][i] = i / w.keys % w.keys == i % w.keys;
        } else if (inputs[k].empty()) bench.tokens[k] = tokens.at(t++);
        else bench.x[k] = golden[inputs[k]].values;
    }
    auto weights = golden["out/w"].values, gweights = golden["gout/w"].values;
    if (w.each_head)   // [n, head, query, key] to [n, query, head, key]
        for (auto* const array : {&weights, &gweights}) {
            auto const from = *array;
            for (std::size_t n = 0; n < batch; ++n)
                for (std::size_t h = 0; h < w.heads; ++h)
                    for (std::size_t i = 0; i < w.time; ++i)
                        for (std::size_t j = 0; j < w.keys; ++j)
                            (*array)[((n * w.time + i) * w.heads + h) * w.keys + j] =
                                from[((n * w.heads + h) * w.time + i) * w.keys + j];
        }
    bench.factor[0] = golden["gout/y"].values;
    bench.factor[1] = gweights;
    auto const all = bench.backward();
    CHECK(worst(golden["out/y"].values, all.data()) < 1e-12);
    CHECK(worst(weights, all.data() + golden["out/y"].size()) < 1e-12);
    auto const expected = TorchParameters(golden, "grad_param/").attention().all;
    std::size_t const keyed = golden.has("in/k") ? golden["in/k"].shape[2] : w.embed;
    std::size_t const both =
        w.embed * w.embed + keyed * w.embed + (w.bias ? 2 * w.embed : 0);
    for (std::size_t i = 0; i < expected.size(); ++i) {
        double found = bench.gradients[extra + i];
        if (i < both) found += bench.gradients[extra + expected.size() + i];
        CHECK(std::abs(found - expected[i]) < 1e-11 * std::max(1.0, std::abs(expected[i])));
    }
    for (std::size_t k = 0; k < inputs.size(); ++k)
        if (golden.has("grad_" + inputs[k]))
            CHECK(worst(golden["grad_" + inputs[k]].values, bench.dy_of(int(k))) < 1e-11);
}

/// 1 where PyTorch's masks let a query see a key.
std::vector<std::int32_t> allowed(golden::Case const& golden) {
    std::vector<std::int32_t> may;
    for (std::size_t n = 0; n < 2; ++n)
        for (std::size_t i = 0; i < 5; ++i)
            for (std::size_t j = 0; j < 5; ++j)
                may.push_back(
                    !(golden.has("in/attn_mask") && golden["in/attn_mask"][i * 5 + j] != 0) &&
                    !(golden.has("in/key_padding_mask") &&
                      golden["in/key_padding_mask"][n * 5 + j] != 0));
    return may;
}
/// The same of a padding mask, as tokens.
std::vector<std::int32_t> words(golden::Case const& golden) {
    std::vector<std::int32_t> all;
    for (double const padding : golden["in/key_padding_mask"].values) all.push_back(padding == 0);
    return all;
}

template <class... Options>
auto over_itself() {
    return graph<Input<5, 8>, Input<5, 5>>([](auto x, auto unit) {
        return outputs(x | MultiHeadAttention<2, 4, Options...>{},
                       join(x, unit, x)
                           | MultiHeadAttention<2, 4, ValueDim<5>, OutputDim<5>, Options...>{});
    });
}

} // namespace

TEST_CASE("MultiHeadAttention: PyTorch's numbers over itself") {
    check_attention(golden::Case("mha_plain"), over_itself<>(), {5, 5}, {"in/x", "unit"});
    check_attention(golden::Case("mha_causal"), over_itself<Causal>(), {5, 5}, {"in/x", "unit"});
}

TEST_CASE("MultiHeadAttention: PyTorch's numbers of each head") {
    auto const net = graph<Input<5, 8>, Input<5, 5>>([](auto x, auto unit) {
        return outputs(x | MultiHeadAttention<2, 4>{},
                       join(x, unit, x) | MultiHeadAttention<2, 4, ValueDim<5>, OutputDim<10>>{});
    });
    check_attention(golden::Case("mha_perhead_weights"), net,
                    {.time = 5, .keys = 5, .each_head = true}, {"in/x", "unit"});
}

TEST_CASE("MultiHeadAttention: PyTorch's numbers with padding") {
    golden::Case const golden("mha_padding");
    // the mask comes along with an embedding that is all zeros
    auto const net = graph<Tokens<5>, Input<5, 8>, Input<5, 5>>([](auto t, auto x, auto unit) {
        auto const h = x + (t | frozen(Embedding<2, 8, MaskZero>{}));
        return outputs(h | MultiHeadAttention<2, 4>{},
                       join(h, unit, h) | MultiHeadAttention<2, 4, ValueDim<5>, OutputDim<5>>{});
    });
    check_attention(golden, net, {5, 5}, {"", "in/x", "unit"}, {words(golden)}, 16);

    golden::Case const causal("mha_causal_padding_nobias");
    auto const both = graph<Tokens<5>, Input<5, 8>, Input<5, 5>>([](auto t, auto x, auto unit) {
        auto const h = x + (t | frozen(Embedding<2, 8, MaskZero>{}));
        return outputs(h | MultiHeadAttention<2, 4, Causal, NoBias>{},
                       join(h, unit, h)
                           | MultiHeadAttention<2, 4, Causal, NoBias, ValueDim<5>, OutputDim<5>>{});
    });
    check_attention(causal, both, {.time = 5, .keys = 5, .bias = false}, {"", "in/x", "unit"},
                    {words(causal)}, 16);
}

TEST_CASE("MultiHeadAttention: PyTorch's numbers with masks as inputs") {
    for (char const* name : {"mha_causal", "mha_padding"}) {
        golden::Case const golden(name);
        auto const net = graph<Input<5, 8>, Input<5, 5>, Tokens<5, 5>>(
            [](auto x, auto unit, auto mask) {
                return outputs(join(x, mask) | MultiHeadAttention<2, 4, BooleanMask>{},
                               join(x, unit, x, mask)
                                   | MultiHeadAttention<2, 4, ValueDim<5>, OutputDim<5>,
                                                        BooleanMask>{});
            });
        check_attention(golden, net, {5, 5}, {"in/x", "unit", ""}, {allowed(golden)});
    }
    golden::Case golden("mha_float_mask");
    auto const net = graph<Input<5, 8>, Input<5, 5>, Input<5, 5>>(
        [](auto x, auto unit, auto mask) {
            return outputs(join(x, mask) | MultiHeadAttention<2, 4, AdditiveMask>{},
                           join(x, unit, x, mask)
                               | MultiHeadAttention<2, 4, ValueDim<5>, OutputDim<5>,
                                                    AdditiveMask>{});
        });
    auto& mask = golden.arrays.at("in/attn_mask").values;   // one for each sample
    auto const one = mask;
    mask.insert(mask.end(), one.begin(), one.end());
    check_attention(golden, net, {5, 5}, {"in/x", "unit", "in/attn_mask"});
}

TEST_CASE("MultiHeadAttention: PyTorch's numbers over a memory") {
    auto const net = graph<Input<3, 8>, Input<5, 8>, Input<5, 8>, Input<5, 5>>(
        [](auto q, auto k, auto v, auto unit) {
            return outputs(join(q, v, k) | MultiHeadAttention<2, 4>{},
                           join(q, unit, k)
                               | MultiHeadAttention<2, 4, ValueDim<5>, OutputDim<5>>{});
        });
    check_attention(golden::Case("mha_cross"), net, {3, 5}, {"in/q", "in/k", "in/v", "unit"});
    auto const widths = graph<Input<3, 8>, Input<5, 6>, Input<5, 10>, Input<5, 5>>(
        [](auto q, auto k, auto v, auto unit) {
            return outputs(join(q, v, k) | MultiHeadAttention<2, 4>{},
                           join(q, unit, k)
                               | MultiHeadAttention<2, 4, ValueDim<5>, OutputDim<5>>{});
        });
    check_attention(golden::Case("mha_cross_kdim_vdim"), widths, {3, 5},
                    {"in/q", "in/k", "in/v", "unit"});
}
