// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/message.hpp>
#include <lamina/model/refused_model.hpp>
#include <lamina/model/refused_weights.hpp>
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
template <IsRefused N>
inline constexpr bool is_refused_model<Weights<N>> = true;

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
/// A path as its scope sees it: "dense/kernel" of "encoder/dense/kernel" in "encoder".
[[gnu::cold]] inline std::string_view beyond(std::string_view scope, std::string_view path) {
    return scope.empty() ? path : path.substr(scope.size() + 1);
}
[[gnu::cold]] inline std::string in_quotes(std::string_view path) {
    std::string text = "\"";
    return text.append(path) += '"';
}
template <class From, class To>
[[gnu::cold]] Transferred transfer(std::vector<TensorAt<From const>> const& from,
                                   std::vector<TensorAt<To>> const& to, std::string_view scope,
                                   std::string_view into) {
    Transferred done;
    for (auto const& its : to) {
        auto const found = std::find_if(from.begin(), from.end(), [&](auto const& other) {
            return beyond(scope, other.path) == beyond(into, its.path) &&
                   same_extents(other.extents, its.extents);
        });
        if (found == from.end()) {
            done.kept.push_back(its.path);
            continue;
        }
        for (std::size_t i = 0; i < its.extents.size; ++i) its.numbers[i] = To(found->numbers[i]);
        ++done.tensors;
        done.numbers += its.extents.size;
    }
    auto const refuse_empty = [](std::string_view its, char const* who) {
        refuse("transfer", {"there is no tensor within \"", its, "\" in ", who,
                            ". Give the path of a block or a layer, as summary() shows it, or one "
                            "for each network if they differ."});
    };
    if (from.empty() && to.empty() && !scope.empty() && scope == into)
        refuse_empty(scope, "either network");
    if (from.empty() && !scope.empty()) refuse_empty(scope, "the network that gives");
    if (to.empty() && !into.empty()) refuse_empty(into, "the network that receives");
    if (done.tensors == 0) {
        auto const first = [](auto const& all) {
            return all.empty() ? std::string("none") : in_quotes(all[0].path);
        };
        std::string const where = scope != into ? " between " + in_quotes(scope) + " of one and " +
                                                      in_quotes(into) + " of the other"
                                  : scope.empty() ? ""
                                                  : " within " + in_quotes(scope);
        refuse("transfer",
               {"the networks have no tensor of the same path and shape in common", where,
                ". The first of one is ", first(from), ", of the other ", first(to),
                ". Write what they share as one function or named<...>(block)."});
    }
    return done;
}

template <class N>
auto const& weights_in(Weights<N> const& weights) {
    return weights;
}
template <class N>
auto& weights_in(Weights<N>& weights) {
    return weights;
}
template <class M>
auto weights_in(M& model) -> decltype((model.weights)) {
    return model.weights;
}

/// A model, Weights, or what stands for a model that was refused.
template <class A>
concept HasNumbers = is_refused_model<std::remove_const_t<A>> || requires(A& a) {
    detail::weights_in(a);
};

} // namespace detail

/// Copies what two networks have in common: each parameter, and each number that is kept but not
/// trained, whose path and shape both have. For a network that goes on from another one with a head
/// of its own:
///
///     auto const common = transfer(pretrained, classifier);              // all that both have
///     auto const common = transfer(pretrained, classifier, "encoder");   // of this block only
///
/// Where the block lies elsewhere in the network that receives, its path there stands last:
///
///     auto const common = transfer(twins, classifier, "tower/encoder", "encoder");
///
/// Takes models or Weights, or one of each; one may compute in float, the other in double. Frozen
/// layers take part. The optimizers stay as they are: transfer before fit. summary() shows the
/// names of which paths are made.
///
/// Errors      (run time) Kind::argument: there is nothing in common. Nothing has changed then
/// Source      keras' load_weights(by_name=True, skip_mismatch=True); torch's
///             load_state_dict(strict=False)
template <detail::HasNumbers A, detail::HasNumbers B>
Transferred transfer(A const& from, B& to, std::string_view scope, std::string_view into) {
    if constexpr (detail::is_refused_model<A> || detail::is_refused_model<B>) return {};
    else {
        auto const& giver = detail::weights_in(from);
        auto& receiver = detail::weights_in(to);
        using From = typename std::remove_cvref_t<decltype(giver)>::T;
        using To = typename std::remove_reference_t<decltype(receiver)>::T;
        return detail::transfer(detail::tensors_within<From const>(giver, scope),
                                detail::tensors_within<To>(receiver, into), scope, into);
    }
}
template <detail::HasNumbers A, detail::HasNumbers B>
Transferred transfer(A const& from, B& to, std::string_view scope = {}) {
    return transfer(from, to, scope, scope);
}

} // namespace lamina
