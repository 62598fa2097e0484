// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

/// The plain twin of the attention kernels, in long double, one query at a time: the oracle of the
/// tests, not a fast path. A is lamina::kernels::Attention, but its dropout is told from outside.
namespace lamina::kernels::reference {

/// factor(sample, head, query, key): what a weight is multiplied by (dropout); 1 for none.
template <class A, class Factor>
struct AttentionTwin {
    A const& a;
    Factor factor;
    std::size_t group = a.heads / a.key_heads;

    std::size_t at_q(std::size_t n, std::size_t i, std::size_t h) const {
        return ((n * a.queries + i) * a.heads + h) * a.key_dim;
    }
    std::size_t at_o(std::size_t n, std::size_t i, std::size_t h) const {
        return ((n * a.queries + i) * a.heads + h) * a.value_dim;
    }
    std::size_t at_k(std::size_t n, std::size_t j, std::size_t h) const {
        return ((n * a.keys + j) * a.key_heads + h / group) * a.key_dim;
    }
    std::size_t at_v(std::size_t n, std::size_t j, std::size_t h) const {
        return ((n * a.keys + j) * a.key_heads + h / group) * a.value_dim;
    }
    bool sees(std::size_t n, std::size_t i, std::size_t j) const {
        for (auto const* keep : a.keep)
            if (keep && keep[n * a.keys + j] == 0) return false;
        if (a.allow && a.allow[n * a.mask_step + i * a.keys + j] == 0) return false;
        return !a.causal || j <= i;
    }
    /// The weights of one query, before dropout: all 0 if it sees nothing.
    std::vector<long double> weights(std::size_t n, std::size_t h, std::size_t i) const {
        long double const none = -std::numeric_limits<long double>::infinity();
        std::vector<long double> w(a.keys, none);
        long double top = none, sum = 0;
        for (std::size_t j = 0; j < a.keys; ++j) {
            if (!sees(n, i, j)) continue;
            long double s = 0;
            for (std::size_t d = 0; d < a.key_dim; ++d)
                s += static_cast<long double>(a.q[at_q(n, i, h) + d]) * a.k[at_k(n, j, h) + d];
            w[j] = a.scale * s + (a.add ? a.add[n * a.mask_step + i * a.keys + j] : 0);
            top = std::fmax(top, w[j]);
        }
        for (auto& x : w) sum += x = x > none ? std::exp(x - top) : 0;
        for (auto& x : w) x = sum > 0 ? x / sum : 0;
        return w;
    }

    void forward(long double* o) const {
        for (std::size_t n = 0; n < a.samples; ++n)
            for (std::size_t h = 0; h < a.heads; ++h)
                for (std::size_t i = 0; i < a.queries; ++i) {
                    auto const w = weights(n, h, i);
                    for (std::size_t d = 0; d < a.value_dim; ++d) {
                        long double sum = 0;
                        for (std::size_t j = 0; j < a.keys; ++j)
                            sum += w[j] * factor(n, h, i, j) * a.v[at_v(n, j, h) + d];
                        o[at_o(n, i, h) + d] = sum;
                    }
                }
    }

    /// Adds to dq, dk, dv and dadd.
    template <class T>
    void backward(T const* dy, long double* dq, long double* dk, long double* dv,
                  long double* dadd) const {
        for (std::size_t n = 0; n < a.samples; ++n)
            for (std::size_t h = 0; h < a.heads; ++h)
                for (std::size_t i = 0; i < a.queries; ++i) {
                    auto const w = weights(n, h, i);
                    std::vector<long double> dw(a.keys);
                    long double dot = 0;
                    for (std::size_t j = 0; j < a.keys; ++j) {
                        for (std::size_t d = 0; d < a.value_dim; ++d) {
                            long double const up = dy[at_o(n, i, h) + d] * factor(n, h, i, j);
                            dw[j] += up * a.v[at_v(n, j, h) + d];
                            dv[at_v(n, j, h) + d] += up * w[j];
                        }
                        dot += w[j] * dw[j];
                    }
                    for (std::size_t j = 0; j < a.keys; ++j) {
                        long double const ds = w[j] * (dw[j] - dot);
                        dadd[(n * a.queries + i) * a.keys + j] += ds;
                        for (std::size_t d = 0; d < a.key_dim; ++d) {
                            dq[at_q(n, i, h) + d] += a.scale * ds * a.k[at_k(n, j, h) + d];
                            dk[at_k(n, j, h) + d] += a.scale * ds * a.q[at_q(n, i, h) + d];
                        }
                    }
                }
    }
};
template <class A, class Factor>
AttentionTwin(A const&, Factor) -> AttentionTwin<A, Factor>;

} // namespace lamina::kernels::reference
