// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/model/refused_model.hpp>
#include <lamina/model/weights.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace lamina {

/// What transfer() has done: how many tensors, and numbers in them, were copied; the paths of those
/// of the receiver that have no counterpart and are as they were.
struct Transferred {
    std::size_t tensors = 0, numbers = 0;
    std::vector<std::string> kept{};
};

namespace detail {

template <class M>
inline constexpr bool is_refused_model = false;
template <std::size_t Metrics>
inline constexpr bool is_refused_model<RefusedModel<Metrics>> = true;

/// Where one tensor of a network lies.
template <class T>
struct TensorAt {
    std::string path;
    Extents extents;
    T* numbers;
};

[[gnu::cold]] inline bool same_extents(Extents a, Extents b) {
    return std::equal(a.dims, a.dims + a.rank, b.dims, b.dims + b.rank);
}
/// Whether path lies in scope: "encoder/dense/kernel" in "encoder" and in "encoder/dense".
[[gnu::cold]] inline bool within(std::string_view path, std::string_view scope) {
    return scope.empty() ||
           (path.starts_with(scope) && path.size() > scope.size() && path[scope.size()] == '/');
}
template <class T, class W>
[[gnu::cold]] auto tensors_within(W& weights, std::string_view scope) {
    std::vector<TensorAt<T>> all;
    auto const add = [&](int, std::string const& path, auto const& tensor, auto* numbers) {
        if (within(path, scope)) all.push_back({path, tensor.extents, numbers});
    };
    weights.for_each_parameter(add);
    weights.for_each_state(add);
    return all;
}
template <class From, class To>
[[gnu::cold]] Transferred transfer(std::vector<TensorAt<From const>> const& from,
                                   std::vector<TensorAt<To>> const& to, std::string_view scope) {
    Transferred done;
    for (auto const& its : to) {
        auto const found = std::find_if(from.begin(), from.end(), [&](auto const& other) {
            return other.path == its.path && same_extents(other.extents, its.extents);
        });
        if (found == from.end()) {
            done.kept.push_back(its.path);
            continue;
        }
        for (std::size_t i = 0; i < its.extents.size; ++i) its.numbers[i] = To(found->numbers[i]);
        ++done.tensors;
        done.numbers += its.extents.size;
    }
    if (done.tensors == 0 && !scope.empty() && (from.empty() || to.empty()))
        refuse("transfer", {"there is no tensor within \"", scope, "\" in ",
                            !to.empty()     ? "the network that gives"
                            : !from.empty() ? "the network that receives"
                                            : "either network",
                            ". Give the path of a block or a layer: summary() shows them."});
    if (done.tensors == 0) {
        auto const first = [](auto const& all) {
            return all.empty() ? std::string("none") : '"' + all[0].path + '"';
        };
        refuse("transfer", {"the networks have no tensor of the same path and shape in common",
                            scope.empty() ? "" : " within \"", scope, scope.empty() ? "" : "\"",
                            ". The first of one is ", first(from), ", of the other ", first(to),
                            ". Write what they share as one function or named<...>(block)."});
    }
    return done;
}

} // namespace detail

/// Copies what two networks have in common: each parameter, and each number that is kept but not
/// trained, whose path and shape both have. For a network that goes on from another one with a head
/// of its own:
///
///     auto const common = transfer(pretrained, classifier);              // all that both have
///     auto const common = transfer(pretrained, classifier, "encoder");   // of this block only
///
/// Takes models or Weights; one may compute in float, the other in double. Frozen layers take part.
/// The optimizers stay as they are: transfer before fit. summary() shows the names of which paths
/// are made.
///
/// Errors      (run time) Kind::argument: there is nothing in common. Nothing has changed then
/// Source      keras' load_weights(by_name=True, skip_mismatch=True); torch's
///             load_state_dict(strict=False)
template <class A, class B>
Transferred transfer(Weights<A> const& from, Weights<B>& to, std::string_view scope = {}) {
    using From = typename A::Scalar const;
    using To = typename B::Scalar;
    return detail::transfer(detail::tensors_within<From>(from, scope),
                            detail::tensors_within<To>(to, scope), scope);
}
template <class A, class B>
requires requires(A const& a, B& b) { a.weights, b.weights; }
Transferred transfer(A const& from, B& to, std::string_view scope = {}) {
    return transfer(from.weights, to.weights, scope);
}
template <class A, class B>
requires(detail::is_refused_model<A> || detail::is_refused_model<B>) Transferred
    transfer(A const&, B&, std::string_view = {}) {
    return {};
}

} // namespace lamina
