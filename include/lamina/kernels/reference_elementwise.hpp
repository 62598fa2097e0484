// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

/// The plain twins of softmax.hpp and prelu.hpp, in long double: the oracle of the tests.
namespace lamina::kernels::reference {

template <class T>
void softmax(std::size_t rows, std::size_t n, T const* x, long double* y) {
    for (std::size_t r = 0; r < rows; ++r, x += n, y += n) {
        long double const top = *std::max_element(x, x + n);
        long double sum = 0;
        for (std::size_t i = 0; i < n; ++i) sum += y[i] = std::exp(x[i] - top);
        for (std::size_t i = 0; i < n; ++i) y[i] /= sum;
    }
}

template <class T>
void log_softmax(std::size_t rows, std::size_t n, T const* x, long double* y) {
    for (std::size_t r = 0; r < rows; ++r, x += n, y += n) {
        long double const top = *std::max_element(x, x + n);
        long double sum = 0;
        for (std::size_t i = 0; i < n; ++i) sum += std::exp(x[i] - top);
        for (std::size_t i = 0; i < n; ++i) y[i] = x[i] - top - std::log(sum);
    }
}

template <class T>
void softmax_gradient(std::size_t rows, std::size_t n, T const* y, T const* dy, long double* dx) {
    for (std::size_t r = 0; r < rows; ++r, y += n, dy += n, dx += n) {
        long double sum = 0;
        for (std::size_t i = 0; i < n; ++i) sum += static_cast<long double>(y[i]) * dy[i];
        for (std::size_t i = 0; i < n; ++i) dx[i] = y[i] * (dy[i] - sum);
    }
}

template <class T>
void log_softmax_gradient(std::size_t rows, std::size_t n, T const* y, T const* dy,
                          long double* dx) {
    for (std::size_t r = 0; r < rows; ++r, y += n, dy += n, dx += n) {
        long double sum = 0;
        for (std::size_t i = 0; i < n; ++i) sum += dy[i];
        for (std::size_t i = 0; i < n; ++i)
            dx[i] = dy[i] - std::exp(static_cast<long double>(y[i])) * sum;
    }
}

template <class T>
void prelu(std::size_t rows, std::size_t f, T const* x, T const* alpha, T const* dy, long double* y,
           long double* dx, long double* dalpha) {
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t j = 0; j < f; ++j) {
            std::size_t const i = r * f + j;
            long double const slope = x[i] > 0 ? T(1) : alpha[j];
            y[i] = slope * x[i];
            dx[i] = slope * dy[i];
            if (!(x[i] > 0)) dalpha[j] += static_cast<long double>(x[i]) * dy[i];
        }
}

} // namespace lamina::kernels::reference
