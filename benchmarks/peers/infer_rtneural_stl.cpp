// SPDX-License-Identifier: BSD-3-Clause
// path: LAMINA_RTNEURAL_SOURCE
// header: RTNeural/RTNeural.h
// options: -ffast-math -DRTNEURAL_DEFAULT_ALIGNMENT=64
//
// RTNeural, the loops of its STL backend vectorised by -ffast-math.

#define RTNEURAL_USE_STL 1
#define LAMINA_RTNEURAL_NAME "RTNeural (STL)"
#define LAMINA_RTNEURAL_ABOUT "STL backend, -O3 -ffast-math"

#include "../support/rtneural.hpp"

extern "C" bench::Peers<bench::InferTask> lamina_infer_peers() {
    return bench::rtneural_peers<true>();
}
