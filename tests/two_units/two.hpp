// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// What both translation units see: two kinds of model, made by inline functions in a header.
#include <lamina/lamina.hpp>

#include <array>
#include <cstddef>

namespace two {

inline auto make() {
    using namespace lamina;
    return compile(Sequential{Input<5>{}, Dense<19>{}, Tanh{}, Dense<7>{}, ReLU{}, Dense<1>{},
                              Sigmoid{}},
                   Adam{.learning_rate = 1e-2f}, BinaryCrossentropy{}, Accuracy{});
}
inline auto make_graph() {
    using namespace lamina;
    return compile(graph<Input<5>>([](auto x) {
                       auto const h = x | Dense<6>{} | Tanh{};
                       return join(h | Dense<2>{}, h | Dense<3>{}) | Concatenate{} | Dense<1>{} |
                              Sigmoid{};
                   }),
                   SGD{}, BinaryCrossentropy{});
}
using Model = decltype(make());
using GraphModel = decltype(make_graph());

constexpr std::size_t rows = 37;
struct Data {
    std::array<float, rows * 5> x{};
    std::array<float, rows> y{};
    Data() {
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = float(i * 29 % 17) / 8 - 1;
        for (std::size_t i = 0; i < rows; ++i) y[i] = x[i * 5] + x[i * 5 + 1] > 0 ? 1.0f : 0.0f;
    }
};
inline lamina::Array inputs(Data const& data) { return {data.x.data(), {rows, 5}}; }
inline lamina::Array targets(Data const& data) { return {data.y.data(), {rows, 1}}; }

using Predictions = std::array<float, rows>;

/// The sizes and places that both must agree on, as the calling translation unit sees them.
using Layout = std::array<std::size_t, 8>;
#define LAMINA_TWO_LAYOUT                                                                          \
    two::Layout {                                                                                  \
        sizeof(two::Model), alignof(two::Model), sizeof(two::GraphModel),                          \
            alignof(two::GraphModel), two::Model::parameter_count,                                 \
            two::Model::workspace_bytes(32), two::Model::workspace_bytes(32, false),               \
            two::GraphModel::workspace_bytes(32)                                                   \
    }

/// In the other translation unit.
Layout other_layout();
Model other_train(Data const& data);
void other_train_on(Model& model, Data const& data);
Predictions other_predict(Model const& model, Data const& data);
Predictions other_predict(GraphModel const& model, Data const& data);

} // namespace two
