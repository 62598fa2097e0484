// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstddef>

/// The plain twin of gate_sums.hpp, for tests.
namespace lamina::kernels::reference {

/// z[row][sum][unit] = bias + x kernel + h recurrent, each sum of its gates. Biases, x and h may be
/// null.
template <class Sums, class T>
void gate_sums(std::size_t rows, std::size_t features, std::size_t units, std::size_t gates,
               T const* kernel, T const* recurrent, T const* bias, T const* recurrent_bias,
               T const* x, T const* h, T* z) {
    std::size_t const ld = gates * units;
    for (std::size_t i = 0; i < rows * Sums::sums * units; ++i) z[i] = T{0};
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t j = 0; j < units; ++j) {
            auto const add = [&](std::size_t sum, std::size_t gate, std::size_t k, T const* from,
                                 T const* w, T const* b) {
                T& to = z[(r * Sums::sums + sum) * units + j];
                if (b) to += b[gate * units + j];
                for (std::size_t i = 0; from && i < k; ++i)
                    to += from[r * k + i] * w[i * ld + gate * units + j];
            };
            for (std::size_t i = 0; i < Sums::x_gate.size(); ++i)
                add(Sums::x_from + i, Sums::x_gate[i], features, x, kernel, bias);
            for (std::size_t i = 0; i < Sums::h_gate.size(); ++i)
                add(Sums::h_from + i, Sums::h_gate[i], units, h, recurrent, recurrent_bias);
        }
}

} // namespace lamina::kernels::reference
