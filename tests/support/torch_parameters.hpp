// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "support/golden.hpp"

#include <cstddef>
#include <string>
#include <vector>

// The parameters of PyTorch's layers in the order and the shapes of lamina's block, one layer after
// another. `of` is what stands before their names: "param/", "grad_param/", "out/final_param/".
namespace lamina::testing {

class TorchParameters {
public:
    TorchParameters(golden::Case const& from, std::string of) : golden_(from), of_(std::move(of)) {}

    std::vector<double> all;

    TorchParameters& as_it_is(std::string const& name) {
        auto const& v = array(name).values;
        all.insert(all.end(), v.begin(), v.end());
        return *this;
    }
    /// Rows [begin, end) of a matrix (out, in), as (in, out).
    TorchParameters& transposed(golden::Array const& w, std::size_t begin, std::size_t end) {
        std::size_t const in = w.shape[1];
        for (std::size_t i = 0; i < in; ++i)
            for (std::size_t o = begin; o < end; ++o) all.push_back(w[o * in + i]);
        return *this;
    }
    TorchParameters& dense(std::string const& layer) {
        auto const& w = array(layer + ".weight");
        transposed(w, 0, w.shape[0]);
        return as_it_is(layer + ".bias");
    }
    TorchParameters& norm(std::string const& layer) {
        return as_it_is(layer + ".weight").as_it_is(layer + ".bias");
    }
    /// prefix: "self_attn." or none.
    TorchParameters& attention(std::string const& prefix = "") {
        bool const one = has(prefix + "in_proj_weight"), bias = has(prefix + "in_proj_bias");
        char const* const names[]{"q_proj_weight", "k_proj_weight", "v_proj_weight"};
        for (std::size_t part = 0; part < 3; ++part) {
            auto const& w = array(prefix + (one ? "in_proj_weight" : names[part]));
            std::size_t const out = w.shape[0] / (one ? 3 : 1), from = one ? part * out : 0;
            transposed(w, from, from + out);
            for (std::size_t o = 0; bias && o < out; ++o)
                all.push_back(array(prefix + "in_proj_bias")[part * out + o]);
        }
        if (bias) return dense(prefix + "out_proj");
        auto const& w = array(prefix + "out_proj.weight");
        return transposed(w, 0, w.shape[0]);
    }
    TorchParameters& encoder_layer(std::string const& prefix, bool pre) {
        if (pre) norm(prefix + "norm1");
        attention(prefix + "self_attn.");
        norm(prefix + (pre ? "norm2" : "norm1"));
        dense(prefix + "linear1").dense(prefix + "linear2");
        return pre ? *this : norm(prefix + "norm2");
    }
    TorchParameters& decoder_layer(std::string const& prefix, bool pre) {
        if (pre) norm(prefix + "norm1");
        attention(prefix + "self_attn.");
        norm(prefix + (pre ? "norm2" : "norm1"));
        attention(prefix + "multihead_attn.");
        norm(prefix + (pre ? "norm3" : "norm2"));
        dense(prefix + "linear1").dense(prefix + "linear2");
        return pre ? *this : norm(prefix + "norm3");
    }
    TorchParameters& numbers(std::size_t count, double value) {
        all.insert(all.end(), count, value);
        return *this;
    }

private:
    golden::Case const& golden_;
    std::string of_;
    bool has(std::string const& name) const { return golden_.has(of_ + name); }
    golden::Array const& array(std::string const& name) const { return golden_[of_ + name]; }
};

} // namespace lamina::testing
