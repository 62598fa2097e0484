// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/io/document.hpp>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace lamina {

/// Finds a model's tensors in a PyTorch state_dict. A Sequential's modules are numbers, "2.weight",
/// perhaps behind a common prefix: those with weights are taken in their order. Other modules are
/// found by the layer's path: named<"encoder">(Dense<8>{}) is "encoder.weight".
/// Source: torch.nn Linear, LayerNorm, BatchNorm1d, PReLU: their state_dict.
class TorchNames {
public:
    TorchNames() = default;
    /// `tensors`: the names in the file.
    [[gnu::cold]] TorchNames(std::vector<std::string_view> const& tensors, Document const& wanted) {
        std::vector<std::pair<long, std::string>> numbered;
        std::string_view prefix;
        for (std::size_t i = 0; i < tensors.size(); ++i) {
            std::string_view const module = tensors[i].substr(0, tensors[i].rfind('.') + 1);
            std::string_view const whole = module.substr(0, module.size() - !module.empty());
            std::string_view const number = whole.substr(whole.rfind('.') + 1); // npos + 1 is 0
            std::string_view const before = whole.substr(0, whole.size() - number.size());
            long value = 0;
            auto const [end, error] =
                std::from_chars(number.data(), number.data() + number.size(), value);
            bool const is_number = error == std::errc{} && end == number.data() + number.size();
            if (!is_number || (i > 0 && before != prefix)) return; // not one Sequential
            prefix = before;
            numbered.emplace_back(value, module);
        }
        std::sort(numbered.begin(), numbered.end());
        numbered.erase(std::unique(numbered.begin(), numbered.end()), numbered.end());
        for (auto const& layer : wanted.layers) {
            if (layer.parameters.empty() && layer.state.empty()) continue;
            std::size_t const k = modules_.size();
            modules_.emplace_back(&layer, k < numbered.size() ? numbered[k].second : "?.");
        }
    }

    /// "2.weight" for "dense_1/kernel".
    [[gnu::cold]] std::string of(Entry const& e, LayerRecord const& layer) const {
        std::string module = layer.path + ".";
        std::replace(module.begin(), module.end(), '/', '.');
        for (auto const& [whose, name] : modules_)
            if (whose == &layer) module = name;
        return module += leaf(e.name.substr(e.name.rfind('/') + 1));
    }

private:
    [[gnu::cold]] static std::string leaf(std::string const& name) {
        if (name == "kernel" || name == "gamma" || name == "alpha") return "weight";
        if (name == "beta") return "bias";
        if (name == "moving_mean") return "running_mean";
        if (name == "moving_variance") return "running_var";
        return name;
    }
    std::vector<std::pair<LayerRecord const*, std::string>> modules_;
};

} // namespace lamina
