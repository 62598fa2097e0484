// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/compilation.hpp>
#include <lamina/core/message.hpp>
#include <lamina/core/span.hpp>
#include <lamina/graph/names.hpp>
#include <lamina/graph/plan.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace lamina {

/// A tensor of a layer, where it lies in the model: kernel.shape, kernel.numbers[i].
template <class T>
struct TensorView {
    std::string_view name; ///< "kernel"
    Span<std::size_t const> shape;
    Span<T> numbers; ///< row-major
};

/// A layer of a model: `model.weights.layer("encoder/dense_1")["kernel"].numbers`. Looks at the
/// model's own numbers, which must live as long.
template <class T>
struct LayerView {
    std::string path;      ///< as in summary(): "encoder/dense_1"
    std::string_view type; ///< "Dense<64>"
    std::size_t index = 0; ///< its place in summary(), inputs included
    std::vector<TensorView<T>> parameters, state;

    /// The tensor of that name.
    [[gnu::cold]] TensorView<T> const& operator[](std::string_view name) const {
        for (auto const* list : {&parameters, &state})
            for (auto const& tensor : *list)
                if (tensor.name == name) return tensor;
        std::string all;
        for (auto const* list : {&parameters, &state})
            for (auto const& tensor : *list)
                all += (all.empty() ? "" : ", ") + std::string(tensor.name);
        detail::fail(Error::Kind::argument, {"layer ", detail::Quoted{path}},
                     {"it has no tensor ", detail::Quoted{name},
                      all.empty() ? ", nor any other." : ". It has: ", all,
                      all.empty() ? "" : "."});
    }
};

namespace detail {

/// The layer of row i; its tensors are those of the row that it shares them with. Values is T or
/// T const.
template <class V, class T = std::remove_const_t<V>>
[[gnu::cold]] LayerView<V> layer_view(Row<T> const* rows, Place const* places,
                                      Paths<T> const& paths, int i, V* values, V* state) {
    auto const& op = *rows[rows[i].owner].op;
    LayerView<V> view{paths[i], rows[i].op->type, std::size_t(i), {}, {}};
    auto const add = [](TensorInfo<T> const* tensor, std::size_t count, V* at,
                        std::vector<TensorView<V>>& to) {
        for (; count > 0; --count, at += tensor++->extents.size)
            to.push_back({tensor->name,
                          {tensor->extents.dims, tensor->extents.rank},
                          {at, tensor->extents.size}});
    };
    add(op.parameter_tensors, op.parameter_count, values + places[i].parameters, view.parameters);
    add(op.state_tensors, op.state_count, state + places[i].state, view.state);
    return view;
}

/// The row of that path; says which there are if there is none.
template <class T>
[[gnu::cold]] int row_of(Row<T> const* rows, int size, Paths<T> const& paths,
                         std::string_view path) {
    std::string all;
    for (int i = 0; i < size; ++i) {
        if (!rows[i].arity) continue;
        if (paths[i] == path) return i;
        if (rows[i].op->parameters > 0) all += (all.empty() ? "" : ", ") + paths[i];
    }
    refuse("layer", {"there is no layer ", Quoted{path}, ". Those with parameters are: ", all,
                     "; summary() shows all."});
}

} // namespace detail

} // namespace lamina
