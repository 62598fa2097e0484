// SPDX-License-Identifier: BSD-3-Clause
//
// The suite gemm: GFLOP/s of matrix products. The shapes are M x K x N of a layer: NN is the
// forward product x w, M x N; TN the gradient of the weights x' dy, K x N; NT that of the input
// dy w', M x K. lamina gets the shape at run time, but where a row says "constant": there it is the
// compiler that knows it, as libxsmm's does in every row.

#include "support/runner.hpp"

#include <lamina/core/block.hpp>
#include <lamina/core/parallel.hpp>
#include <lamina/core/random.hpp>
#include <lamina/kernels/gemm.hpp>
#include <lamina/kernels/gemm_fixed.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <string>
#include <thread>
#include <vector>

namespace {

using lamina::Block;

struct Layer {
    std::size_t m, k, n;
};
constexpr Layer squares[]{{16, 16, 16},      {32, 32, 32},    {48, 48, 48},    {64, 64, 64},
                          {96, 96, 96},      {128, 128, 128}, {192, 192, 192}, {256, 256, 256},
                          {384, 384, 384},   {512, 512, 512}, {768, 768, 768}, {1024, 1024, 1024},
                          {2048, 2048, 2048}};
/// Layers of networks, batch x inputs x outputs, and of images, positions x ...
constexpr Layer layers[]{{32, 3, 64},     {32, 64, 64},    {32, 64, 1},     {32, 10, 64},
                         {128, 784, 512}, {128, 512, 512}, {64, 512, 2048}, {256, 1024, 1024},
                         {1, 512, 512},   {1, 64, 64},     {8192, 64, 64},  {50176, 27, 64}};
/// Of no list.
constexpr Layer others[]{
    {128, 512, 10}, {100, 100, 100}, {77, 300, 130}, {33, 1000, 17}, {250, 20, 250}};
constexpr char const* forms[]{"NN", "TN", "NT"};

/// A product of numbers without gaps.
using Constant = void (*)(float const* a, float const* b, float* c);
template <std::size_t M, std::size_t K, std::size_t N, int Form>
void constant(float const* a, float const* b, float* c) {
    using lamina::kernels::Product;
    constexpr Product p = Form == 0   ? Product{.m = M, .n = N, .k = K}
                          : Form == 1 ? Product{.m = K, .n = N, .k = M, .transposed_a = true}
                                      : Product{.m = M, .n = K, .k = N, .transposed_b = true};
    lamina::kernels::gemm<p>(a, b, c);
}
struct ConstantLayer {
    Layer layer;
    Constant forms[3];
};
template <std::size_t M, std::size_t K, std::size_t N>
constexpr ConstantLayer constants{
    {M, K, N}, {constant<M, K, N, 0>, constant<M, K, N, 1>, constant<M, K, N, 2>}};
constexpr ConstantLayer constant_layers[]{
    constants<16, 16, 16>, constants<32, 32, 32>, constants<48, 48, 48>, constants<64, 64, 64>,
    constants<32, 3, 64>,  constants<32, 64, 64>, constants<32, 64, 1>,  constants<32, 10, 64>,
    constants<1, 64, 64>,  constants<20, 30, 24>};

Block<float> numbers(std::size_t n, std::size_t seed) {
    Block<float> b(n);
    for (std::size_t i = 0; i < n; ++i) b[i] = 2.0f * lamina::Random{seed}.uniform(i) - 1.0f;
    return b;
}

/// GFLOP/s of nothing but multiply-adds in registers, on each of so many threads at once.
double peak(int threads) {
    constexpr int chains = 24, steps = 4000000;
    using V = lamina::kernels::Batch<float>;
    auto const work = [] {
        V sum[chains], x(1.0f), y(1e-9f);
#pragma GCC unroll 64
        for (int j = 0; j < chains; ++j) sum[j] = V(float(j));
        for (int i = 0; i < steps; ++i) {
#pragma GCC unroll 64
            for (int j = 0; j < chains; ++j) sum[j] = lamina::kernels::fma(sum[j], x, y);
        }
        float out[V::size];
        V all(0.0f);
#pragma GCC unroll 64
        for (int j = 0; j < chains; ++j) all += sum[j];
        all.store_unaligned(out);
        asm volatile("" : : "r"(out) : "memory");
    };
    lamina::Threads pool(static_cast<std::size_t>(threads));
    double best = 0;
    for (int run = 0; run < 8; ++run) {
        auto const start = std::chrono::steady_clock::now();
        pool.each(static_cast<std::size_t>(threads), [&](std::size_t, std::size_t) { work(); });
        std::chrono::duration<double> const t = std::chrono::steady_clock::now() - start;
        best = std::max(best, 2e-9 * double(threads) * chains * steps * V::size / t.count());
    }
    return best;
}

/// Whether C is A B: some hundred numbers of it, against sums in double. An error of k roundings
/// is the most that any order of summation makes (Higham 2002, section 3.1).
std::string wrong_product(bench::GemmTask const& t) {
    for (std::size_t i = 0; i < t.m * t.n; ++i)
        if (!std::isfinite(t.c[i])) return "a number that is none";
    std::size_t const cells = t.m * t.n, step = cells <= 400 ? 1 : cells / 397;
    for (std::size_t cell = 0; cell < cells; cell += step) {
        std::size_t const i = cell / t.n, j = cell % t.n;
        double sum = 0, size = 0;
        for (std::size_t p = 0; p < t.k; ++p) {
            double const product =
                double(t.transposed_a ? t.a[p * t.lda + i] : t.a[i * t.lda + p]) *
                double(t.transposed_b ? t.b[j * t.ldb + p] : t.b[p * t.ldb + j]);
            sum += product;
            size += std::abs(product);
        }
        double const bound = double(t.k + 1) * std::numeric_limits<float>::epsilon() / 2 * size;
        if (!(std::abs(double(t.c[cell]) - sum) <= bound + 1e-30))
            return "C(" + std::to_string(i) + ", " + std::to_string(j) + ") is " +
                   std::to_string(t.c[cell]) + ", not " + std::to_string(sum);
    }
    return {};
}

/// With `constant` in the place of gemm, unless it is null.
void measure(bench::Suite& suite, Layer const& l, int form, int threads, lamina::Threads& pool,
             Block<float>& scratch, Constant constant = nullptr) {
    std::size_t const m = form == 1 ? l.k : l.m, n = form == 2 ? l.k : l.n;
    std::size_t const k = form == 0 ? l.k : form == 1 ? l.m : l.n;
    bench::Case const what{std::string(forms[form]) + " " + std::to_string(l.m) + "x" +
                               std::to_string(l.k) + "x" + std::to_string(l.n) +
                               (constant ? ", constant" : ""),
                           threads, "GFLOP/s", true, 2e-9 * double(m) * double(n) * double(k)};
    if (!suite.wants(what)) return;
    Block<float> const a = numbers(m * k, 1), b = numbers(k * n, 2);
    Block<float> c(m * n);
    bench::GemmTask const task{m,
                               n,
                               k,
                               form == 1,
                               form == 2,
                               a.data(),
                               form == 1 ? m : k,
                               b.data(),
                               form == 2 ? k : n,
                               c.data(),
                               n,
                               threads};
    lamina::kernels::Gemm<float> const ours{.m = m,
                                            .n = n,
                                            .k = k,
                                            .a = a.data(),
                                            .lda = task.lda,
                                            .transposed_a = form == 1,
                                            .b = b.data(),
                                            .ldb = task.ldb,
                                            .transposed_b = form == 2,
                                            .c = c.data(),
                                            .ldc = n,
                                            .finish = {}};
    // C is made unfit before the next of them: beta = 0 overwrites it
    auto const fill = [&c] { std::fill_n(c.data(), c.size(), std::nanf("")); };
    std::function<std::string()> const wrong = [&] {
        std::string text = wrong_product(task);
        fill();
        return text;
    };
    fill();
    lamina::Threads* const threads_of_ours = threads > 1 ? &pool : nullptr;
    auto const known = [&] { constant(task.a, task.b, task.c); };
    auto const unknown = [&] { lamina::kernels::gemm(ours, scratch.data(), threads_of_ours); };
    std::vector<bench::Contender> all;
    if (constant) all.push_back({"lamina", bench::times(known), wrong});
    else all.push_back({"lamina", bench::times(unknown), wrong});
    suite.add_peers(all, task, wrong);
    suite.measure(what, std::move(all));
}

} // namespace

int main(int argc, char** argv) {
    bench::Suite suite("gemm", argc, argv);
    double one = 0, two = 0; // other processes may want the cores: some attempts
    for (int attempt = 0; attempt < 5 && (attempt < 2 || two < 1.8 * one); ++attempt)
        one = std::max(one, peak(1)), two = std::max(two, peak(2));
    std::printf("# multiply-adds alone, GFLOP/s: 1 thread %.0f, 2 threads %.0f\n", one, two);
    if (two >= 1.8 * one)
        suite.note("peak_gflops", "[" + std::to_string(one) + ", " + std::to_string(two) + "]");
    lamina::Threads pool(2);
    Block<float> scratch(2 * lamina::kernels::gemm_scratch<float>());
    for (int threads : {1, 2})
        for (auto const& [first, count] :
             {std::pair{squares, std::size(squares)}, std::pair{layers, std::size(layers)},
              std::pair{others, std::size(others)}})
            for (Layer const* l = first; l < first + count; ++l)
                for (int form = 0; form < 3; ++form)
                    measure(suite, *l, form, threads, pool, scratch);
    for (ConstantLayer const& l : constant_layers)
        for (int form = 0; form < 3; ++form)
            measure(suite, l.layer, form, 1, pool, scratch, l.forms[form]);
    return suite.finish();
}
