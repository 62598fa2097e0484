// SPDX-License-Identifier: BSD-3-Clause
// Compiled with lamina::native: on a processor that has AVX2 the compiler may use it.
int main() {
#if defined(EXPECT_NATIVE) && (defined(__x86_64__) || defined(__i386__)) && !defined(__AVX2__)
    return __builtin_cpu_supports("avx2") ? 1 : 0;
#endif
}
