// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <lamina/graph/node.hpp>
#include <lamina/kernels/elementwise.hpp>
#include <lamina/layers/embedding.hpp>
#include <lamina/layers/global_average_pooling_1d.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <tuple>
#include <type_traits>

// Small layers that show what the ground carries: fusion, masks, time. Plain loops, out of line
// where two walks must agree bit for bit: the compiler may fuse a plain sum here and not there.
namespace lamina::testing {

/// A layer whose bound form hides what the rules of fusion look for.
template <class L>
struct Plain : L {
    template <class... In>
    struct On : L::template On<In...> {
        static constexpr bool elementwise = false, in_place = false;
        static constexpr bool takes_epilogue = false, takes_slope = false;
    };
};

/// x / (1 + |x|): an elementwise layer whose slope is a function of its output.
struct Squash {
    template <class V>
    V value(V x) const { return x / (V(1) + kernels::abs(x)); }
    template <class V>
    V slope(V y) const {
        V const rest = V(1) - kernels::abs(y);
        return rest * rest;
    }
    template <class In>
    struct On {
        using Output = In;
        static constexpr bool needs_x = false, elementwise = true, in_place = true;
        static constexpr bool each_moment = true;
        static void forward(auto const& c) {
            auto const f = [&](auto x) { return c.layer.value(x); };
            kernels::map(c.threads, c.x.size(), c.y.data, f, c.x.data);
        }
        static void backward(auto const& c) {
            auto const f = [&](auto dy, auto y) { return dy * c.layer.slope(y); };
            auto const* const y = c.y.data;
            kernels::map(c.threads, c.y.size(), c.dx.data, f, c.dy.data, y);
        }
    };
};

/// x^2 / (1 + x^2): the same, with a slope that is a function of its input.
struct Bump {
    template <class V>
    V value(V x) const { return x * x / (V(1) + x * x); }
    template <class V>
    V slope(V x) const {
        V const d = V(1) + x * x;
        return V(2) * x / (d * d);
    }
    template <class In>
    struct On {
        using Output = In;
        static constexpr bool needs_y = false, elementwise = true, in_place = true;
        static constexpr bool each_moment = true;
        static void forward(auto const& c) {
            auto const f = [&](auto x) { return c.layer.value(x); };
            kernels::map(c.threads, c.x.size(), c.y.data, f, c.x.data);
        }
        static void backward(auto const& c) {
            auto const f = [&](auto dy, auto x) { return dy * c.layer.slope(x); };
            kernels::map(c.threads, c.y.size(), c.dx.data, f, c.dy.data, c.x.data);
        }
    };
};

// ---- Time ---------------------------------------------------------------------------------------

struct Sequences {};

/// h' = tanh(x kernel + h recurrent + bias); a masked moment leaves h as it is. With Sequences it
/// gives every h, else the last.
template <std::size_t Units, class... Options>
struct Recurrent {
    template <class In>
    struct On {
        static constexpr std::size_t time = In::rows, f = In::last, u = Units;
        static constexpr bool all = (std::is_same_v<Options, Sequences> || ...);
        using Output = std::conditional_t<all, Shape<time, u>, Shape<u>>;
        using Parameters = lamina::Parameters<Parameter<"kernel", Shape<f, u>, GlorotUniform>,
                                              Parameter<"recurrent", Shape<u, u>, GlorotUniform>,
                                              Parameter<"bias", Shape<u>, Zeros>>;
        static constexpr bool needs_y = false;
        static constexpr std::size_t cache = (time + 1) * u + 2 * u;   // every h; dh and ds

        template <class T, class P>
        [[gnu::noinline]] static void moment(T const* x, T const* h, P const& parameters, T* next) {
            auto const [kernel, recurrent, bias] = parameters;
            for (std::size_t j = 0; j < u; ++j) {
                T sum = bias[j];
                for (std::size_t i = 0; i < f; ++i) sum += x[i] * kernel[i * u + j];
                for (std::size_t i = 0; i < u; ++i) sum += h[i] * recurrent[i * u + j];
                next[j] = std::tanh(sum);
            }
        }
        static bool skipped(auto const& c, std::size_t i) { return c.mask && c.mask[i] == 0; }

        static void forward(auto const& c) {
            for (std::size_t n = 0; n < c.batch; ++n) {
                auto* const h = c.cache + n * cache;
                std::fill_n(h, u, 0);
                for (std::size_t t = 0; t < time; ++t) {
                    if (skipped(c, n * time + t)) std::copy_n(h + t * u, u, h + (t + 1) * u);
                    else moment(c.x.sample(n) + t * f, h + t * u, c.parameters(), h + (t + 1) * u);
                    if constexpr (all)
                        std::copy_n(h + (t + 1) * u, u, c.y.data + (n * time + t) * u);
                }
                if constexpr (!all) std::copy_n(h + time * u, u, c.y.data + n * u);
            }
        }
        static void backward(auto const& c) {
            auto const [kernel, recurrent, bias] = c.parameters();
            auto const [dkernel, drecurrent, dbias] = c.gradients();
            for (std::size_t n = 0; n < c.batch; ++n) {
                auto *const h = c.cache + n * cache, *const dh = h + (time + 1) * u;
                auto* const ds = dh + u;
                for (std::size_t j = 0; j < u; ++j) dh[j] = all ? 0 : c.dy[n * u + j];
                for (std::size_t t = time; t-- > 0;) {
                    auto const* const x = c.x.sample(n) + t * f;
                    auto* const dx = c.dx.sample(n) + t * f;
                    if constexpr (all)
                        for (std::size_t j = 0; j < u; ++j) dh[j] += c.dy[(n * time + t) * u + j];
                    std::fill_n(dx, f, 0);
                    if (skipped(c, n * time + t)) continue;
                    auto const *const before = h + t * u, *const after = before + u;
                    for (std::size_t j = 0; j < u; ++j) ds[j] = dh[j] * (1 - after[j] * after[j]);
                    std::fill_n(dh, u, 0);
                    for (std::size_t j = 0; j < u; ++j) {
                        for (std::size_t i = 0; i < f; ++i) dx[i] += ds[j] * kernel[i * u + j];
                        for (std::size_t i = 0; i < u; ++i) dh[i] += ds[j] * recurrent[i * u + j];
                        if (!c.trains) continue;
                        for (std::size_t i = 0; i < f; ++i) dkernel[i * u + j] += ds[j] * x[i];
                        for (std::size_t i = 0; i < u; ++i)
                            drecurrent[i * u + j] += ds[j] * before[i];
                        dbias[j] += ds[j];
                    }
                }
            }
        }
        struct Step {   // h survives the call
            using Output = Moment<typename On::Output>;
            using Parameters = typename On::Parameters;
            static constexpr std::size_t memory = u;
            static void forward(auto const& c) {
                for (std::size_t n = 0; n < c.batch; ++n) {
                    auto *const h = c.memory + n * u, *const y = c.y.sample(n);
                    if (skipped(c, n)) std::copy_n(h, u, y);
                    else moment(c.x.sample(n), h, c.parameters(), y);
                    std::copy_n(y, u, h);
                }
            }
        };
    };
};

/// softmax(q k' / sqrt(width)) v with one head, q from the first input, k and v from the last:
/// x | Attention{} over itself, join(x, memory) | Attention{} over a memory. Masked keys are
/// skipped; with Causal the future is.
template <class... Options>
struct Attention {
    template <class Query, class Memory = Query>
    struct On {
        static constexpr std::size_t tq = Query::rows, tk = Memory::rows, d = Query::last;
        static constexpr std::size_t m = Memory::last;
        static constexpr bool causal = (std::is_same_v<Options, Causal> || ...);
        using Output = Query;
        using Parameters = lamina::Parameters<Parameter<"query", Shape<d, d>, GlorotUniform>,
                                              Parameter<"key", Shape<m, d>, GlorotUniform>,
                                              Parameter<"value", Shape<m, d>, GlorotUniform>>;
        static constexpr bool needs_y = false;
        // q, k, v, weights, and the gradients of one row of each
        static constexpr std::size_t cache = tq * d + 2 * tk * d + tq * tk + d + 2 * tk * d + tk;

        template <std::size_t Wide>
        [[gnu::noinline]] static void project(auto const* x, auto const* kernel, auto* y) {
            for (std::size_t j = 0; j < d; ++j) {
                y[j] = 0;
                for (std::size_t i = 0; i < Wide; ++i) y[j] += x[i] * kernel[i * d + j];
            }
        }
        /// keep: which keys count, or null.
        template <class T>
        [[gnu::noinline]] static void attend(T const* q, T const* k, T const* v, T const* keep,
                                             std::size_t keys, T* p, T* y) {
            T top = -std::numeric_limits<T>::infinity(), sum{0};
            for (std::size_t s = 0; s < keys; ++s) {
                p[s] = 0;
                for (std::size_t j = 0; j < d; ++j) p[s] += q[j] * k[s * d + j] / std::sqrt(T(d));
                if (keep && keep[s] == 0) p[s] = -std::numeric_limits<T>::infinity();
                top = std::max(top, p[s]);
            }
            if (!(top > -std::numeric_limits<T>::infinity())) top = 0;
            for (std::size_t s = 0; s < keys; ++s) sum += p[s] = std::exp(p[s] - top);
            for (std::size_t s = 0; s < keys; ++s) p[s] = sum > 0 ? p[s] / sum : T{0};
            for (std::size_t j = 0; j < d; ++j) {
                y[j] = 0;
                for (std::size_t s = 0; s < keys; ++s) y[j] += p[s] * v[s * d + j];
            }
        }
        static auto last(auto const& views) {
            constexpr std::size_t n = std::tuple_size_v<std::remove_cvref_t<decltype(views)>>;
            return views.template get<n - 1>();
        }
        static auto const* key_mask(auto const& c) {
            return c.mask_of(int(std::tuple_size_v<decltype(c.inputs())>) - 1);
        }

        static void forward(auto const& c) {
            auto const [wq, wk, wv] = c.parameters();
            auto const memory = last(c.inputs());
            auto const* const keep = key_mask(c);
            for (std::size_t n = 0; n < c.batch; ++n) {
                auto *const q = c.cache + n * cache, *const k = q + tq * d, *const v = k + tk * d;
                auto* const p = v + tk * d;
                for (std::size_t t = 0; t < tq; ++t)
                    project<d>(c.x.sample(n) + t * d, wq, q + t * d);
                for (std::size_t s = 0; s < tk; ++s) {
                    project<m>(memory.sample(n) + s * m, wk, k + s * d);
                    project<m>(memory.sample(n) + s * m, wv, v + s * d);
                }
                std::fill_n(p, tq * tk, 0);
                for (std::size_t t = 0; t < tq; ++t)
                    attend(q + t * d, k, v, keep ? keep + n * tk : nullptr, causal ? t + 1 : tk,
                           p + t * tk, c.y.sample(n) + t * d);
            }
        }
        static void backward(auto const& c) {
            using T = typename std::remove_cvref_t<decltype(c)>::Scalar;
            constexpr bool self = std::tuple_size_v<decltype(c.inputs())> == 1;
            auto const [wq, wk, wv] = c.parameters();
            auto const [dwq, dwk, dwv] = c.gradients();
            auto const memory = last(c.inputs());
            auto const dmemory = last(c.dinputs());
            T const scale = 1 / std::sqrt(T(d));
            for (std::size_t n = 0; n < c.batch; ++n) {
                auto *const q = c.cache + n * cache, *const k = q + tq * d, *const v = k + tk * d;
                auto *const p = v + tk * d, *const dq = p + tq * tk, *const dk = dq + d;
                auto *const dv = dk + tk * d, *const dp = dv + tk * d;
                auto *const dx = c.dx.sample(n), *const dm = dmemory.sample(n);
                std::fill_n(dk, 2 * tk * d, 0);
                std::fill_n(dx, tq * d, 0);
                if constexpr (!self) std::fill_n(dm, tk * m, 0);
                for (std::size_t t = 0; t < tq; ++t) {
                    T const *const dy = c.dy.sample(n) + t * d, *const x = c.x.sample(n) + t * d;
                    T sum{0};
                    for (std::size_t s = 0; s < tk; ++s) {
                        dp[s] = 0;
                        for (std::size_t j = 0; j < d; ++j) {
                            dp[s] += dy[j] * v[s * d + j];
                            dv[s * d + j] += p[t * tk + s] * dy[j];
                        }
                        sum += dp[s] * p[t * tk + s];
                    }
                    std::fill_n(dq, d, 0);
                    for (std::size_t s = 0; s < tk; ++s)
                        for (std::size_t j = 0; j < d; ++j) {
                            T const da = p[t * tk + s] * (dp[s] - sum) * scale;
                            dq[j] += da * k[s * d + j];
                            dk[s * d + j] += da * q[t * d + j];
                        }
                    spread<d>(c.trains, x, wq, dq, dwq, dx + t * d);
                }
                for (std::size_t s = 0; s < tk; ++s) {
                    T const* const x = memory.sample(n) + s * m;
                    spread<m>(c.trains, x, wk, dk + s * d, dwk, dm + s * m);
                    spread<m>(c.trains, x, wv, dv + s * d, dwv, dm + s * m);
                }
            }
        }
        template <std::size_t Wide>
        static void spread(bool trains, auto const* x, auto const* kernel, auto const* dy,
                           auto* dkernel, auto* dx) {
            for (std::size_t i = 0; i < Wide; ++i)
                for (std::size_t j = 0; j < d; ++j) {
                    dx[i] += dy[j] * kernel[i * d + j];
                    if (trains) dkernel[i * d + j] += dy[j] * x[i];
                }
        }

        /// Over itself: the keys and values of the past survive the call. Over a memory that is
        /// there at once: its keys and values are made in the first moment.
        template <bool... Stepped>
            requires((sizeof...(Stepped) == 1 && causal) || (sizeof...(Stepped) == 2 && !causal))
        struct Step {
            using Output = Moment<Query>;
            using Parameters = typename On::Parameters;
            static constexpr std::size_t memory = 2 * tk * d + tk;
            template <class T>
            static constexpr std::size_t scratch = d + tk;

            static void forward(auto const& c) {
                auto const [wq, wk, wv] = c.parameters();
                auto const from = last(c.inputs());
                auto const* const keep = key_mask(c);
                constexpr bool self = sizeof...(Stepped) == 1;
                for (std::size_t n = 0; n < c.batch; ++n) {
                    auto *const k = c.memory + n * memory, *const v = k + tk * d;
                    auto* const kept = v + tk * d;
                    std::size_t const begin = self ? c.position : 0;
                    std::size_t const end = self ? begin + 1 : c.position == 0 ? tk : 0;
                    for (std::size_t s = begin; s < end; ++s) {
                        auto const at = n * (self ? 1 : tk) + s - begin;
                        project<m>(from.data + at * m, wk, k + s * d);
                        project<m>(from.data + at * m, wv, v + s * d);
                        kept[s] = keep ? keep[at] : 1;
                    }
                    auto *const q = c.scratch, *const p = q + d;
                    project<d>(c.x.sample(n), wq, q);
                    attend(q, k, v, kept, self ? c.position + 1 : tk, p, c.y.sample(n));
                }
            }
        };
    };
};

} // namespace lamina::testing
