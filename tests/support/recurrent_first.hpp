// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Seen by g++ before all else where the tests of a recurrent layer are compiled in little time: the
// kernels are optimised, what follows is not, and neither the compiler nor the tests take long.
#include <lamina/kernels/recurrent.hpp>

#pragma GCC optimize("O0")
