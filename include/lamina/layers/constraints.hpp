// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/core/initializers.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/core/settings.hpp>
#include <lamina/kernels/scale_norms.hpp>
#include <lamina/kernels/simd.hpp>
#include <lamina/layers/options.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <string_view>
#include <type_traits>

namespace lamina {

// A constraint is what weights are made to obey after every step of the optimizer. It is a type,
// named among a layer's options: Dense<64, ReLU, KernelConstraint<MaxNorm<2>>>. One of one's own
// says, of a batch of numbers, either
//     static V factor(V norm)    what each vector of weights is multiplied by, of its norm
//     static V value(V w)        what each weight becomes
// A vector is the weights behind one number that a layer gives: a column of Dense's kernel, the
// window of a filter, the row of a token. Along<...> says other axes. Numbers are fractions, as
// those of initializers. A `name` is Keras' class, config() tells its options: for files.

/// Weights below 0 become 0. Keras' NonNeg.
struct NonNegative {
    static constexpr std::string_view name = "NonNeg";
    template <class V>
    static V value(V w) {
        return kernels::max(w, V(0));
    }
};
/// A vector longer than Numerator / Denominator is shortened to it; a shorter one stays as it is.
/// Srivastava et al. (2014), "Dropout", section 5.1.
template <long Numerator = 2, long Denominator = 1>
struct MaxNorm {
    static_assert(Numerator > 0 && Denominator > 0, "MaxNorm takes a norm above 0.");
    static constexpr std::string_view name = "MaxNorm";
    static void config(auto const& out) {
        out("max_value", detail::quotient<Numerator, Denominator>);
    }
    template <class V>
    static V factor(V norm) {
        V const most(typename V::value_type(detail::quotient<Numerator, Denominator>));
        return kernels::select(norm > most, V(most / norm), V(1));
    }
};
/// Each vector is given the norm 1: it is divided by its norm + 1e-7, so one of zeros stays so.
struct UnitNorm {
    static constexpr std::string_view name = "UnitNorm";
    template <class V>
    static V factor(V norm) {
        return V(1) / (norm + V(typename V::value_type(1e-7)));
    }
};
/// A norm outside of Min / Denominator to Max / Denominator is moved towards its nearest end, by
/// Rate / RateDenominator of the way; one within stays as it is.
template <long Min = 0, long Max = 1, long Denominator = 1, long Rate = 1, long RateDenominator = 1>
struct MinMaxNorm {
    static_assert(0 <= Min && Min <= Max && 0 < Max && Denominator > 0,
                  "MinMaxNorm takes 0 <= Min <= Max, Max > 0, Denominator > 0.");
    static_assert(0 < Rate && Rate <= RateDenominator, "MinMaxNorm takes a rate in (0, 1].");
    static constexpr std::string_view name = "MinMaxNorm";
    static void config(auto const& out) {
        out("min_value", detail::quotient<Min, Denominator>);
        out("max_value", detail::quotient<Max, Denominator>);
        out("rate", detail::quotient<Rate, RateDenominator>);
    }
    template <class V>
    static V factor(V norm) {
        using T = typename V::value_type;
        V const least(T(detail::quotient<Min, Denominator>)),
            most(T(detail::quotient<Max, Denominator>)),
            rate(T(detail::quotient<Rate, RateDenominator>));
        V const end = kernels::min(kernels::max(norm, least), most);
        // norm + rate (end - norm), divided by norm + 1e-7
        V const moved = kernels::fma(rate, V(end - norm), norm) / (norm + V(T(1e-7)));
        return kernels::select(end == norm, V(1), moved);
    }
};

/// A constraint of vectors along these axes, counted from 0, in place of the usual ones: Keras'
/// axis. KernelConstraint<Along<MaxNorm<2>, 0>> of a Conv2D is Keras' MaxNorm(2), whose axis is 0
/// unless it is said.
template <class C, std::size_t... Axes>
struct Along {
    static_assert(sizeof...(Axes) > 0 && ((Axes < 4) && ...), "Along takes axes from 0 to 3.");
    using Constraint = C;
    static constexpr unsigned axes = ((1u << Axes) | ... | 0u);
};

/// What is made to obey: KernelConstraint<NonNegative>, BiasConstraint<MaxNorm<1>>, and so on.
template <class C>
struct KernelConstraint {
    using type = C;
};
template <class C>
struct BiasConstraint {
    using type = C;
};
template <class C>
struct RecurrentConstraint {
    using type = C;
};
template <class C>
struct EmbeddingsConstraint {
    using type = C;
};

namespace detail {

/// All axes but the last; of a vector the only one.
constexpr unsigned usual_axes(std::size_t rank) { return rank < 2 ? 1u : (1u << (rank - 1)) - 1; }

/// A constraint and the axes of its vectors.
template <class C, unsigned Axes>
struct Constraining {
    using type = C;
    static constexpr unsigned axes = Axes;
};
template <class C, std::size_t... Its, unsigned Axes>
struct Constraining<Along<C, Its...>, Axes> {
    using type = C;
    static constexpr unsigned axes = Along<C, Its...>::axes;
};

template <class C>
inline constexpr bool scales_norms = requires(kernels::Batch<float> v) {
    C::factor(v);
};
template <class C>
inline constexpr bool is_constraint = scales_norms<C> || requires(kernels::Batch<float> v) {
    C::value(v);
};

/// What files are told of a constraint.
template <class Axes>
struct ToldConstraint {
    static void config(auto const& out) {
        using C = typename Axes::type;
        if constexpr (requires { C::config(out); }) C::config(out);
        if constexpr (scales_norms<C>) {
            constexpr auto count = std::size_t(std::popcount(Axes::axes));
            std::array<std::size_t, count> axes{};
            for (std::size_t i = 0, n = 0; n < count; ++i)
                if (Axes::axes >> i & 1) axes[n++] = i;
            if constexpr (count == 1) out("axis", axes[0]);
            else out("axis", axes);
        }
    }
};
/// How weights begin, and beside it what they obey from then on: a constraint of one's own, which
/// Keras does not know, may have no name.
template <class Init, class Axes>
struct BegunAndConstrained : Init {
    static void describe(Settings const& out) {
        describe_initializer<Init>(out);
        if constexpr (requires { Axes::type::name; })
            out.object("constraint", Axes::type::name, ToldConstraint<Axes>{});
    }
};

} // namespace detail

/// A parameter with a constraint, in a layer's Parameters:
/// Parameters<Constrained<Parameter<"kernel", Shape<3, 4>, GlorotUniform>, MaxNorm<2>>>.
/// Usual: a bit for each axis along which a vector lies, unless the constraint says Along.
template <class P, class C, unsigned Usual = detail::usual_axes(P::Shape::rank)>
struct Constrained : P {
    using Axes = detail::Constraining<C, Usual>;
    using Constraint = typename Axes::type;
    using Initializer = detail::BegunAndConstrained<typename P::Initializer, Axes>;
    static constexpr bool takes = detail::is_constraint<Constraint>,
                          has_axes = Axes::axes >> P::Shape::rank == 0;
    static_assert(takes,
                  "A constraint is NonNegative, MaxNorm<2>, UnitNorm, MinMaxNorm<0, 1>, or a "
                  "type with factor(norm) or value(w).");
    static_assert(!takes || has_axes, "Along<Constraint, Axes...> names an axis that the weights "
                                      "do not have.");

    /// Makes the first `rows` of w obey; 0: all of w.
    template <class T>
    static void constrain(T* w, std::size_t rows, Threads* threads) {
        auto dims = P::Shape::dims;
        if (rows) dims[0] = rows;
        if constexpr (!takes || !has_axes) return;
        else if constexpr (detail::scales_norms<Constraint>) {
            auto const factor = [](auto norm) { return Constraint::factor(norm); };
            kernels::scale_norms(kernels::vector_axes(dims.data(), dims.size(), Axes::axes), w,
                                 factor, threads);
        } else {
            using V = kernels::Batch<T>;
            std::size_t const size = P::Shape::size / P::Shape::dims[0] * dims[0];
            parallel_for(threads, size, 16384, [&](std::size_t i, std::size_t end, std::size_t) {
                for (; i < end; i += V::size) {
                    std::size_t const count = end - i < V::size ? end - i : V::size;
                    V const v = kernels::load<V>(w + i, count);
                    kernels::store(w + i, V(Constraint::value(v)), count);
                }
            });
        }
    }
};

namespace detail {

/// P, with the constraint of this kind, if there is one among the options.
template <class P, class C, unsigned Usual>
struct MaybeConstrained {
    using type = Constrained<P, C, Usual>;
};
template <class P, unsigned Usual>
struct MaybeConstrained<P, void, Usual> {
    using type = P;
};
template <template <class> class Kind, class P, unsigned Usual, class... Options>
using ConstrainedBy =
    typename MaybeConstrained<P, typename Chosen<Kind, void, Options...>::type, Usual>::type;

/// Whether a table's constraint holds row by row.
template <template <class> class Kind, unsigned Usual, class... Options>
inline constexpr bool constrains_rows =
    (Constraining<typename Chosen<Kind, void, Options...>::type, Usual>::axes & 1) == 0;

} // namespace detail
} // namespace lamina
