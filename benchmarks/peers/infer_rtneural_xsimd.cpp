// SPDX-License-Identifier: BSD-3-Clause
// path: LAMINA_RTNEURAL_SOURCE
// path: LAMINA_XSIMD_INCLUDE
// header: RTNeural/RTNeural.h
// options: -DRTNEURAL_DEFAULT_ALIGNMENT=64
//
// RTNeural with its xsimd backend, for which xsimd 8 is too old: LAMINA_XSIMD_INCLUDE is that of a
// newer one. Its softmax counts what lies behind the last number in its registers, and is wrong
// unless they are full: without it.

#define RTNEURAL_USE_XSIMD 1
#define LAMINA_RTNEURAL_NAME "RTNeural (xsimd)"
#define LAMINA_RTNEURAL_ABOUT "xsimd backend, -O3"

#include "../support/rtneural.hpp"

extern "C" bench::Peers<bench::InferTask> lamina_infer_peers() {
    return bench::rtneural_peers<false>();
}
