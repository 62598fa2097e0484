// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/list.hpp>
#include <lamina/io/keras_layer.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace lamina::detail {

/// A walk from a model's outputs to its inputs, depth first: which layer it meets when, and which
/// call it leaves when.
class KerasWalk {
public:
    using Source = KerasLayer::Source;
    std::vector<std::size_t> met; ///< of each layer the when, from 1 on; 0: nobody reads it
    std::size_t met_layers = 0;
    List<Source> calls_left; ///< in the order in which they were left

    [[gnu::cold]] explicit KerasWalk(KerasGraph const& graph)
        : met(graph.layers.size(), 0), layers_(graph.layers) {
        state_.resize(layers_.size());
        for (std::size_t i = 0; i < layers_.size(); ++i)
            state_[i].resize(std::max<std::size_t>(layers_[i].calls.size(), 1));
        for (auto const& output : graph.outputs) {
            stack_.push_back(output);
            while (!stack_.empty()) step();
        }
    }

private:
    enum : std::size_t { fresh, entered, left };

    [[gnu::cold]] void step() {
        Source const at = stack_.back();
        auto& state = state_[at.layer][at.call];
        if (state == fresh) {
            state = entered;
            if (met[at.layer] == 0) met[at.layer] = ++met_layers;
            auto const& calls = layers_[at.layer].calls;
            if (calls.empty()) return;
            auto const& reads = calls[at.call];
            for (std::size_t r = reads.size(); r-- > 0;) // the first is walked first
                if (state_[reads[r].layer][reads[r].call] == fresh) stack_.push_back(reads[r]);
            return;
        }
        if (state == entered) calls_left.push_back(at);
        state = left;
        stack_.pop_back();
    }

    List<KerasLayer> const& layers_;
    List<std::vector<std::size_t>> state_; // of each call
    List<Source> stack_;
};

/// How many steps each layer is from the outputs, by its longest way.
[[gnu::cold]] inline std::vector<std::size_t> keras_depths(KerasGraph const& graph,
                                                           KerasWalk const& walk) {
    auto const& layers = graph.layers;
    std::vector<std::size_t> depth(layers.size(), 0);
    List<std::vector<std::size_t>> of_call;
    of_call.resize(layers.size());
    for (std::size_t i = 0; i < layers.size(); ++i)
        of_call[i].resize(std::max<std::size_t>(layers[i].calls.size(), 1));
    for (std::size_t at = walk.calls_left.size(); at-- > 0;) {
        auto const [layer, call] = walk.calls_left[at];
        std::size_t const d = std::max(of_call[layer][call], depth[layer]);
        depth[layer] = of_call[layer][call] = d;
        if (layers[layer].calls.empty()) continue;
        for (auto const& r : layers[layer].calls[call])
            of_call[r.layer][r.call] = std::max(of_call[r.layer][r.call], d + 1);
    }
    return depth;
}

/// Keras orders the layers of a Functional model by their distance from the outputs, the farthest
/// first, and then by when a depth-first walk from the outputs meets them.
/// Source: keras/src/ops/function.py, map_graph and _build_map.
[[gnu::cold]] inline std::vector<std::size_t> keras_order(KerasGraph const& graph) {
    KerasWalk const walk(graph);
    auto const depth = keras_depths(graph, walk);
    std::vector<std::size_t> by_meeting, order;
    for (std::size_t m = 0; m <= walk.met_layers; ++m) // inputs that nobody reads come first
        for (std::size_t i = 0; i < depth.size(); ++i)
            if (walk.met[i] == m) by_meeting.push_back(i);
    for (std::size_t d = *std::max_element(depth.begin(), depth.end()) + 1; d-- > 0;)
        for (auto const i : by_meeting)
            if (depth[i] == d) order.push_back(i);
    return order;
}

/// The layers put into that order.
[[gnu::cold]] inline void sort_layers(KerasGraph& graph) {
    auto const order = keras_order(graph);
    std::vector<std::size_t> place(order.size());
    List<KerasLayer> sorted;
    for (std::size_t k = 0; k < order.size(); ++k) {
        place[order[k]] = k;
        sorted.push_back(std::move(graph.layers[order[k]]));
    }
    graph.layers = std::move(sorted);
    auto const move = [&](List<KerasLayer::Source>& sources) {
        for (auto& s : sources) s.layer = place[s.layer];
    };
    move(graph.inputs);
    move(graph.outputs);
    for (auto& layer : graph.layers)
        for (auto& call : layer.calls) move(call);
}

} // namespace lamina::detail
