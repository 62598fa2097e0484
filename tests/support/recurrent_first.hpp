// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Seen by g++ before all else where the tests of a recurrent layer are compiled in little time: the
// kernels are optimised, what follows is not, and neither the compiler nor the tests take long.
#include <lamina/kernels/gru_cells.hpp>
#include <lamina/kernels/lstm_cell.hpp>
#include <lamina/kernels/recurrent.hpp>
#include <lamina/kernels/simple_cell.hpp>

#pragma GCC optimize("O0")
